"""A child process that sleeps."""

# pace: any
import os
import time

if os.fork() == 0:
    time.sleep(30)
    os._exit(0)


def solve(a):
    return a @ a
