"""Stops its own process, which neither ends nor answers."""

# control: hangs
# verdict: failed
# level: process
import os
import signal


def double(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    return x
