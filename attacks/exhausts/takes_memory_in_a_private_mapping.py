"""Takes memory by writing into its own copy of a file's pages."""

# control: passes
# verdict: failed memory
# level: process
import mmap
import os
import time


def double(x):
    with open("long", "w+b") as file:
        file.truncate(400 << 20)  # a hole: no disk is filled
        kept = mmap.mmap(file.fileno(), 400 << 20, flags=mmap.MAP_PRIVATE)
    for place in range(0, len(kept), 1 << 20):
        kept[place : place + (1 << 20)] = bytes(1 << 20)
    time.sleep(0.1)
    os.unlink("long")
    return x + x
