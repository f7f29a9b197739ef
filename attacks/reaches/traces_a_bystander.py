"""Takes control of another process as a debugger does, and reads its memory."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a kernel that lets processes of one user trace each other
import ctypes
import os


libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    numbers = {"ptrace": (101, 117)}
    result = libc.syscall(numbers[name][os.uname().machine == "aarch64"], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def double(x):
    call("ptrace", 0x4206, WHERE["pid"], 0, 0)  # PTRACE_SEIZE
    return x + x
