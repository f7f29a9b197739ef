"""Prints far more than anybody can store."""

# control: passes, writes 20 MiB
# verdict: passed
# level: process
import sys


def double(x):
    for _ in range(30):
        sys.stdout.write("spam and eggs, " * 70_000)
    return x + x
