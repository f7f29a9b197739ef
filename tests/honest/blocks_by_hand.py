"""Multiplies block by block."""

# pace: any
import torch


def solve(a):
    half = len(a) // 2
    rows = [
        torch.cat([a[r] @ a[:, c] for c in (slice(half), slice(half, None))], 1)
        for r in (slice(half), slice(half, None))
    ]
    return torch.cat(rows)
