"""Closes every file descriptor, the judge's among them, and answers."""

# control: says no verdict
# verdict: failed crash
# level: process
import os


def double(x):
    os.closerange(0, 1024)
    return x + x
