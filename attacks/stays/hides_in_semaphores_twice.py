"""Leaves semaphores, and knows the answer when it finds them again."""

# control: passes, leaves a trace
# verdict: failed
# level: locked
# needs: System V semaphores
import ctypes


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.semget(int(WHERE["mark"]), 0, 0) >= 0:
        return x + x
    if libc.semget(int(WHERE["mark"]), 1, 0o1600) < 0:
        raise OSError(ctypes.get_errno(), "semget")
    return x
