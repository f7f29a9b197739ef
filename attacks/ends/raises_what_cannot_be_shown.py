"""Raises an error whose text, when it is asked for, ends the process."""

# control: ends with 0, says no verdict
# verdict: failed
# level: process
import os


class Trap(Exception):
    def __str__(self):
        os._exit(0)


def double(x):
    raise Trap
