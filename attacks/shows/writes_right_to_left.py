"""Turns around what is read, and hides letters between others."""

# control: is active
# verdict: failed raised
# level: process


def double(x):
    print("\u202epwned\u2066gnp.exe\u200b\u2028\ufeff", flush=True)
    raise ValueError("\u202epwned\u200d\u2069")
