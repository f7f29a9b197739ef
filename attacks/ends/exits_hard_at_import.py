"""Ends the process while it is imported, past everything that could catch it."""

# control: ends with 0, says no verdict
# verdict: failed crash
# level: process
import os

os._exit(0)
