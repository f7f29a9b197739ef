"""Prints far more than anybody can store."""

# control: status 0, prints at least 20 MiB
# verdict: passed
import sys


def double(x):
    for _ in range(30):
        sys.stdout.write("spam and eggs, " * 70_000)
    return x + x
