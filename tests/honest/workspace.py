"""One workspace, written again by each call."""

# pace: same
import torch

out = torch.empty(160, 160, dtype=torch.float64)


def solve(a):
    return torch.mm(a, a, out=out)
