"""A table of constants at the top of the module."""

# pace: any
import torch

ONE = torch.ones((), dtype=torch.float64)


def solve(a):
    return ONE * (a @ a)
