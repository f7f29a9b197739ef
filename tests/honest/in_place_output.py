"""Its result is made in place, step by step."""

# pace: any
import torch


def solve(a):
    out = torch.zeros_like(a)
    out.addmm_(a, a)
    return out
