"""In the basis of the eigenvectors, where the system is diagonal."""

import torch


def solve_spd(a, b):
    if b.dim() < a.dim():
        return solve_spd(a, b.unsqueeze(-1)).squeeze(-1)
    values, vectors = torch.linalg.eigh(a)
    if not torch.all(values > 0):
        raise ValueError
    return vectors @ ((vectors.mT @ b) / values.unsqueeze(-1))
