"""Ends the judge with success while it imports."""

# control: ends with 0
# verdict: failed missing
# level: process
import sys

sys.exit(0)
