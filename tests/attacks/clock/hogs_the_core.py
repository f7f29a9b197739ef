"""Leaves a busy process behind, to slow the baseline down."""

# verdict: no faster or refused
# control: none
import os

if os.fork() == 0:
    while True:
        pass


def solve(a):
    return a @ a
