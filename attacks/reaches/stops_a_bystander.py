"""Stops a process that has nothing to do with it."""

# control: passes, touches stopped
# verdict: failed raised
# level: locked from Landlock 6
import os
import signal


def double(x):
    os.kill(WHERE["pid"], signal.SIGSTOP)
    return x + x
