"""One einsum, whose ellipses broadcast."""

import torch


def batched_quadratic_form(a, x):
    return torch.einsum("...i,...ij,...j->...", x, a, x)
