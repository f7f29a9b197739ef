"""Has the kernel read and write for it, past what its own calls are checked for."""

# control: passes
# verdict: failed raised
# level: locked
# needs: io_uring
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"io_uring_setup": (425, 425)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("io_uring_setup", 8, ctypes.create_string_buffer(120))
    return x + x
