"""Replaces the judge by a program that succeeds."""

# control: ends with 0, says no verdict
# verdict: failed crash
# level: process
import os
import sys


def double(x):
    os.execv(sys.executable, [sys.executable, "-S", "-c", ""])
