"""Kills the process that it was started from, and that one's parent's group if it is the same."""

# control: ends with -9
# verdict: failed
# level: process
import os
import signal
import time


def double(x):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.3)
    return x
