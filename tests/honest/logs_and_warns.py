"""Logs and warns."""

# pace: any
import logging
import warnings


def solve(a):
    logging.getLogger(__name__).info("solving")
    warnings.warn("square matrices only", stacklevel=1)
    return a @ a
