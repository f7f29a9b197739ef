# caught by: test_low_rank_is_optimal
import torch


def low_rank_approximation(a, k):
    u, s, vh = torch.linalg.svd(a)
    v = vh
    return (u[..., :k] * s[..., None, :k]) @ v[..., :, :k].mT
