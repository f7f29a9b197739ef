"""A result with gaps between its elements."""

# pace: any
import torch


def solve(a):
    out = torch.empty(len(a), 2 * len(a), dtype=a.dtype)[:, ::2]
    out.copy_(a @ a)
    return out
