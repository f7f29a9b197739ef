"""Returns a list that ends the process when somebody walks through it."""

# control: ends with 0, says no verdict
# verdict: failed
# level: process
import os


class Trap(list):
    def __iter__(self):
        os._exit(0)

    def __eq__(self, other):
        os._exit(0)


def double(x):
    return Trap([1.0])
