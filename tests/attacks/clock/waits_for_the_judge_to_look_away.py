"""Waits without a core, in the hope that waiting is not counted."""

# verdict: no faster
# control: none
import os
import time


def solve(a):
    os.sched_yield()
    time.sleep(0)
    return a @ a
