"""Your solution."""


def double(x):
    """Return twice x."""
    raise NotImplementedError
