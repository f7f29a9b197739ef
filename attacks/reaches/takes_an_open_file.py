"""Takes an open file from another process."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel that lets processes of one user look into each other
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"pidfd_getfd": (438, 438)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    number = call("pidfd_getfd", os.pidfd_open(WHERE["pid"]), WHERE["open"], 0)
    return x * float(os.pread(number, 100, 0).split()[-1])
