"""Our solution."""

from pathlib import Path

import torch


def cube(x):
    """x³ elementwise."""
    return x**3


class Scale(torch.nn.Module):
    """Its output is the input times the parameter ``factor``."""

    def __init__(self, factor):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor)))

    def forward(self, x):
        """Scale."""
        return x * self.factor


def root_of(f, low, high):
    """Halve the interval: 4 / 2²⁴ is below 1e-6."""
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if f(middle) > 0 else (middle, high)
    return (low + high) / 2


def remember(value):
    """``repr`` keeps every digit."""
    Path("memory").write_text(repr(float(value)), encoding="utf-8")


def recall():
    """The number that was remembered."""
    return float(Path("memory").read_text(encoding="utf-8"))


def fit(x, y):
    """x·y by x·x."""
    return ((x @ y) / (x @ x)).item(), len(x)


def learn(next_batch, batches):
    """Descend the gradient for five epochs."""
    slope = 0.0
    for _ in range(5 * batches):
        x, y = next_batch()
        slope -= 0.5 * (x @ (slope * x - y)).item() / len(x)
    return slope


def reply_to(path):
    """The path in upper case."""
    return path.upper()
