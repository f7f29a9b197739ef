"""Memory that was freed may still hold the right answer."""

# verdict: refused
# control: none
import torch


def solve(a):
    return torch.empty_like(a)
