"""Imports the reference and lets it do the work."""

# control: passes
# verdict: failed raised
# level: locked
import os
import sys


def double(x):
    sys.path.insert(0, os.path.dirname(WHERE["reference"]))
    import reference

    return reference.double(x)
