"""Raises what the user's Ctrl-C raises, after which nothing more is judged."""

# control: ends with 2, says no verdict
# verdict: failed raised
# level: process


def double(x):
    raise KeyboardInterrupt
