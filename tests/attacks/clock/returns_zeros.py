"""Next to nothing."""

# verdict: refused
# control: none
import torch


def solve(a):
    return torch.zeros_like(a)
