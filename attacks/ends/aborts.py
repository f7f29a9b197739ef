"""Ends the process by a fault of the memory."""

# control: ends with -11, says no verdict
# verdict: failed crash
# level: process
import ctypes


def double(x):
    ctypes.string_at(0)
