"""Signals a thread of another process."""

# control: passes, touches signal SIGUSR2
# verdict: failed raised
# level: locked from Landlock 6
import ctypes
import os
import signal


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"tgkill": (234, 131)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("tgkill", WHERE["pid"], WHERE["pid"], signal.SIGUSR2)
    return x + x
