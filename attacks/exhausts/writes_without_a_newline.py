"""Writes one line that is very long, to both of its streams."""

# control: passes, writes 20 MiB
# verdict: passed
# level: process
import os


def double(x):
    for _ in range(12):
        os.write(1, b"x" * (1 << 20))
        os.write(2, b"y" * (1 << 20))
    os.write(1, b"\n")
    return x + x
