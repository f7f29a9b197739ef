# caught by: test_low_rank_of_two_batch_dimensions
import torch


def low_rank_approximation(a, k):
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    if a.dim() == 2:
        return u[:, :k] * s[:k] @ vh[:k]
    return u[:, :, :k] * s[:, None, :k] @ vh[:, :k]
