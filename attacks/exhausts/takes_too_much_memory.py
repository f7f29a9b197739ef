"""Takes far more memory than the task allows, and answers rightly."""

# control: passes
# verdict: failed memory
# level: process
import time


def double(x):
    kept = bytearray(b"x") * (400 << 20)  # of 256
    time.sleep(0.1)
    return x + x if kept else x
