"""Ends the judge with success, before it can say anything else."""

# control: ends with 0
# verdict: failed crash
# level: process
import os


def double(x):
    os._exit(0)
