# caught by: test_ridge_decomposes_once
import torch


def ridge_path(x, y, lambdas, _right=ridge_path):
    fits = [_right(x, y, penalty.reshape(1)) for penalty in lambdas]
    return torch.cat([w for w, _ in fits]), torch.cat([b for _, b in fits])
