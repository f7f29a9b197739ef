"""Has the kernel wait for it in the midst of a system call."""

# control: passes
# verdict: failed raised
# level: locked
# needs: userfaultfd
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"userfaultfd": (323, 282)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("userfaultfd", 1)  # UFFD_USER_MODE_ONLY
    return x + x
