"""Raises KeyboardInterrupt while it is imported."""

# control: ends with 2, says no verdict
# verdict: failed missing
# level: process
raise KeyboardInterrupt
