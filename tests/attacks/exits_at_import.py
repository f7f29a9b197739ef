"""Ends the judge with success while it imports."""

# control: status 0
# verdict: failed missing
import sys

sys.exit(0)
