"""A dataclass inside."""

# pace: same
from dataclasses import dataclass

import torch


@dataclass
class Pair:
    left: torch.Tensor
    right: torch.Tensor


def solve(a):
    pair = Pair(a, a)
    return pair.left @ pair.right
