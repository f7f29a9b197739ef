"""Gives the memory to a grandchild that has left the tree, and answers rightly."""

# control: passes
# verdict: failed memory
# level: process
import os
import time


def double(x):
    told, tell = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            kept = bytearray(b"x") * (350 << 20)  # of 256
            os.write(tell, b".")
            time.sleep(5)
            os._exit(len(kept) % 2)
        os._exit(0)
    os.close(tell)
    os.wait()
    os.read(told, 1)  # on a busy machine it takes a second until all of it is there
    time.sleep(0.3)
    return x + x
