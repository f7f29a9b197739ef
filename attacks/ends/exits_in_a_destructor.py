"""Ends the process while the answer is thrown away."""

# control: ends with 0
# verdict: failed
# level: process
import os


class Trap:
    def __del__(self):
        os._exit(0)


def double(x):
    x.trap = Trap()
    return x + 1
