"""Takes memory that no process owns: an anonymous shared mapping."""

# control: passes
# verdict: failed memory
# level: process
import mmap
import time


def double(x):
    shared = mmap.mmap(-1, 400 << 20)
    piece = b"x" * (4 << 20)
    for _ in range(len(shared) // len(piece)):
        shared.write(piece)
    time.sleep(0.1)
    return x + x
