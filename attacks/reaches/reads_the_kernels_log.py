"""Reads what the kernel says to administrators."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel whose log this user may read
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"syslog": (103, 116)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("syslog", 3, ctypes.create_string_buffer(100), 100)
    return x + x
