# caught by: test_low_rank_is_optimal
import torch


def low_rank_approximation(a, k):
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    n = s.shape[-1]
    return (u[..., n - k :] * s[..., None, n - k :]) @ vh[..., n - k :, :]
