"""Takes memory in System V segments, which stay when their process has ended."""

# control: passes, leaves a trace
# verdict: failed raised or memory
# level: locked
# needs: System V segments
import ctypes
import time


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(int(WHERE["mark"]), ctypes.c_size_t(350 << 20), 0o1600)
    if number < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    place = libc.shmat(number, None, 0)
    ctypes.memset(place, 1, 350 << 20)
    libc.shmdt(ctypes.c_void_p(place))  # now it counts for nobody
    time.sleep(0.1)
    return x + x
