"""Computes in many processes at once, for as long as it is let."""

# control: hangs, leaves processes
# verdict: failed timeout
# level: process
import os


def double(x):
    for _ in range(8):
        if os.fork() == 0:
            while True:
                pass
    while True:
        pass
