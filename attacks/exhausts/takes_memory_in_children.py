"""Spreads the memory over child processes, each of which keeps within bounds."""

# control: passes
# verdict: failed memory
# level: process
import os
import time


def double(x):
    for _ in range(4):
        if os.fork() == 0:
            kept = bytearray(b"x") * (80 << 20)  # 320 MiB in all, of 256: soon enough on a busy machine
            time.sleep(2)
            os._exit(len(kept) % 2)
    time.sleep(0.7)
    return x + x
