"""Leaves through SystemExit, which `except Exception` does not stop."""
# control: ends with 0
# verdict: failed raised
# level: process


def double(x):
    raise SystemExit(0)
