"""Einstein's notation."""

# pace: any
import torch


def solve(a):
    return torch.einsum("ij,jk->ik", a, a)
