"""Subtracts from the matrix what belongs to the smaller singular values."""

import torch


def low_rank_approximation(a, k):
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    rest = torch.diag_embed(s[..., k:])
    return a - u[..., k:] @ rest @ vh[..., k:, :]
