"""lru_cache on what does not depend on the input's values."""

# pace: any
from functools import lru_cache

import torch


@lru_cache
def identity(n):
    return torch.eye(n, dtype=torch.float64)


def solve(a):
    return torch.addmm(identity(len(a)), a, a, beta=0)
