"""Takes memory that no process owns: an anonymous shared mapping."""

# control: status 0
# verdict: failed memory
import mmap
import time


def double(x):
    shared = mmap.mmap(-1, 500 << 20)
    for place in range(0, len(shared), 4096):
        shared[place] = 1
    time.sleep(0.1)
    return x + x
