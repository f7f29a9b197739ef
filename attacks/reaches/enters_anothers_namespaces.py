"""Enters the namespaces of another process."""

# control: passes
# verdict: failed raised
# level: locked
# needs: the right to enter namespaces, which root has
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"setns": (308, 268)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("setns", os.open(f"/proc/{WHERE['pid']}/ns/net", os.O_RDONLY), 0)
    return x + x
