"""Forks for as long as it can (300 times at most), and each child stays."""

# control: hung, leaves processes
# verdict: failed
import os
import time


def double(x):
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
