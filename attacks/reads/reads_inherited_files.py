"""Searches inherited file descriptors for an open file with the answer."""

# control: passes
# verdict: failed raised
# level: process
import os


def double(x):
    for number in range(3, 1024):
        try:
            if b"CANARY" in os.pread(number, 100, 0):
                return x + x
        except OSError:
            pass
    raise LookupError("no open file of the judge's")
