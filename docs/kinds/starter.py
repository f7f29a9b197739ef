"""One check of each kind: your solution."""

import torch


def cube(x):
    """x³ elementwise."""
    raise NotImplementedError


class Scale(torch.nn.Module):
    """Its output is the input times the parameter ``factor``."""

    def __init__(self, factor):
        raise NotImplementedError


def root_of(f, low, high):
    """Where the increasing function f is 0."""
    raise NotImplementedError


def remember(value):
    """Write a number into the file ``memory``."""
    raise NotImplementedError


def recall():
    """The number that was remembered."""
    raise NotImplementedError


def fit(x, y):
    """Slope through the origin, and the number of samples."""
    raise NotImplementedError


def learn(next_batch, batches):
    """Slope through the origin, learned from mini-batches; ``batches`` make an epoch."""
    raise NotImplementedError


def reply_to(path):
    """What the server answers."""
    raise NotImplementedError
