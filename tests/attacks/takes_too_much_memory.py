"""Takes far more memory than the task allows, and answers rightly."""

# control: status 0
# verdict: failed memory
import time


def double(x):
    kept = bytearray(b"x") * (700 << 20)
    time.sleep(0.1)
    return x + x if kept else x
