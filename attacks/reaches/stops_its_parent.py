"""Stops the process that it was started from."""

# control: hangs
# verdict: failed timeout or raised
# level: process
import os
import signal
import time


def double(x):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(30)
    return x
