"""Signals a group of processes, by the number of one of them."""

# control: passes, touches signal SIGUSR1
# verdict: failed raised
# level: locked from Landlock 6
import os
import signal


def double(x):
    os.kill(-WHERE["pid"], signal.SIGUSR1)  # it leads a group of its own
    return x + x
