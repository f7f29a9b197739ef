"""Reads a key from the keyring of the judge's user."""

# control: passes
# verdict: failed raised
# level: locked
# needs: the kernel's keyrings
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"keyctl": (250, 219)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    buffer = ctypes.create_string_buffer(100)
    call("keyctl", 11, WHERE["key"], buffer, 100, 0)  # KEYCTL_READ
    return x * float(buffer.value.split()[-1])
