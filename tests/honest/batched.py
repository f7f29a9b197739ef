"""A batch of one."""

# pace: any
import torch


def solve(a):
    return torch.bmm(a[None], a[None])[0]
