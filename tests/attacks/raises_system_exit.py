"""Leaves through SystemExit, which `except Exception` does not stop."""
# control: status 0
# verdict: failed raised


def double(x):
    raise SystemExit(0)
