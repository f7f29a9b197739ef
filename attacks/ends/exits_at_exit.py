"""Changes the exit status when the judge is done."""

# control: ends with 0
# verdict: failed
# level: process
import atexit
import os

atexit.register(os._exit, 0)


def double(x):
    return x
