"""Kills the judge: the process two generations above it."""

# control: ends with -9
# verdict: failed raised or crash
# level: locked
import os
import signal
import time


def double(x):
    with open(f"/proc/{os.getppid()}/stat") as file:
        os.kill(int(file.read().rpartition(") ")[2].split()[1]), signal.SIGKILL)
    time.sleep(1)
    return x
