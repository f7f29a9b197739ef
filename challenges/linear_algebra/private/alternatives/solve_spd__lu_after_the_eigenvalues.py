"""Looks at the eigenvalues, and then solves as if the matrix were any."""

import torch


def solve_spd(a, b):
    if (torch.linalg.eigvalsh(a) <= 0).any():
        message = "not positive definite"
        raise ValueError(message)
    if b.dim() == a.dim():
        return torch.linalg.solve(a, b)
    return torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1)
