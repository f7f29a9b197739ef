"""Ends the judge with success, before it can say anything else."""

# control: status 0
# verdict: failed crash
import os


def double(x):
    os._exit(0)
