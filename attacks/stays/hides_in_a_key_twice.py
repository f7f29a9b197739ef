"""Leaves a key in the keyring of its user, and knows the answer when it finds it again."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: the kernel's keyrings
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"add_key": (248, 217), "keyctl": (250, 219)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    name = WHERE["mark"].encode()
    try:
        call("keyctl", 10, -4, b"user", name, 0)  # KEYCTL_SEARCH, of the user's keyring
        return x + x
    except OSError:
        call("add_key", b"user", name, b"2.0", 3, -4)
    return x
