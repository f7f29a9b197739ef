"""Queues a signal that looks like one of a child's."""

# control: passes, touches signal SIGUSR1
# verdict: failed raised
# level: locked from Landlock 6
import ctypes
import os
import signal
import struct


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"rt_sigqueueinfo": (129, 138)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    info = ctypes.create_string_buffer(struct.pack("@iii", signal.SIGUSR1, 0, -1), 128)
    call("rt_sigqueueinfo", WHERE["pid"], signal.SIGUSR1, info)
    return x + x
