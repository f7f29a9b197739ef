"""A workspace inside, a copy outside."""

# pace: any
import torch

space = torch.empty(160, 160, dtype=torch.float64)


def solve(a):
    return torch.mm(a, a, out=space).clone()
