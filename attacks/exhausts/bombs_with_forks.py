"""Forks for as long as it can (300 times at most), and each child stays."""

# control: hangs, leaves processes
# verdict: failed
# level: process
import os
import time


def double(x):
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
