"""Takes memory that no process owns: an anonymous shared mapping."""

# control: status 0
# verdict: failed memory
import mmap
import time


def double(x):
    shared = mmap.mmap(-1, 500 << 20)
    piece = b"x" * (4 << 20)
    for _ in range(len(shared) // len(piece)):
        shared.write(piece)
    time.sleep(0.1)
    return x + x
