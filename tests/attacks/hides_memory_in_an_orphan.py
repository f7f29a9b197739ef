"""Gives the memory to a grandchild that has left the tree, and answers rightly."""

# control: status 0
# verdict: failed memory
import os
import time


def double(x):
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            kept = bytearray(b"x") * (600 << 20)
            time.sleep(5)
            os._exit(len(kept) % 2)
        os._exit(0)
    os.wait()
    time.sleep(0.8)
    return x + x
