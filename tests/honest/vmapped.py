"""torch.vmap over the rows."""

# pace: any
import torch


def solve(a):
    return torch.vmap(lambda row: row @ a)(a)
