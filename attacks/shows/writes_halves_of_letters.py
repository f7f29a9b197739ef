"""Writes bytes that are no text, and halves of letters."""

# control: is active
# verdict: failed raised
# level: process
import os


def double(x):
    os.write(1, b"\xff\xfe pwned \xed\xa0\x80\x1b[2J\n")
    raise ValueError("pwned \ud800\x1b[2J")
