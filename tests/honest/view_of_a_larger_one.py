"""A view into a larger tensor."""

# pace: any
import torch


def solve(a):
    return torch.stack([a @ a, a])[0]
