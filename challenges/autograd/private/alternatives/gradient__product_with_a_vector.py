"""The Jacobian of one row, as torch.autograd.functional has it."""

from torch.autograd.functional import vjp


def gradient(f, x):
    _, row = vjp(f, x)
    return row
