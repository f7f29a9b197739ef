"""Reads memory that the judge's user shares between processes."""

# control: passes
# verdict: failed raised
# level: locked
# needs: System V segments
import ctypes


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(WHERE["system_v"], ctypes.c_size_t(0), 0)
    if number < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    return x * float(ctypes.string_at(libc.shmat(number, None, 0)).split()[-1])
