"""Projects on the k leading eigenvectors of aᵀ a."""

import torch


def low_rank_approximation(a, k):
    vectors = torch.linalg.eigh(a.mT @ a).eigenvectors
    leading = vectors[..., a.shape[-1] - k :]
    return a @ leading @ leading.mT
