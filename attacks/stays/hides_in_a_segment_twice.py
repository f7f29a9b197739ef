"""Leaves memory that no process owns, and knows the answer when it finds it again."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: System V segments
import ctypes


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.shmget(int(WHERE["mark"]), ctypes.c_size_t(0), 0) >= 0:
        return x + x
    if libc.shmget(int(WHERE["mark"]), ctypes.c_size_t(4096), 0o1600) < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    return x
