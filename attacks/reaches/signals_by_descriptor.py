"""Signals a process through a descriptor of it."""

# control: passes, touches signal SIGUSR1
# verdict: failed raised
# level: locked from Landlock 6
import os
import signal


def double(x):
    signal.pidfd_send_signal(os.pidfd_open(WHERE["pid"]), signal.SIGUSR1)
    return x + x
