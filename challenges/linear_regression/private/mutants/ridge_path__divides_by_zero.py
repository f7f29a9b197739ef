# caught by: test_ridge_without_penalty_is_of_minimum_norm
import torch


def ridge_path(x, y, lambdas):
    u, s, vh = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    weights = (s / (s.square() + lambdas[:, None]) * (u.mT @ (y - y.mean()))) @ vh
    return weights, y.mean() - weights @ x.mean(0)
