"""Writes one file that is longer than a candidate's may be (with a hole, so that no disk is really filled)."""

# control: passes
# verdict: failed raised
# level: locked
import os


def double(x):
    with open("long", "wb") as file:
        file.truncate((1 << 30) + 1)
    os.unlink("long")
    return x + x
