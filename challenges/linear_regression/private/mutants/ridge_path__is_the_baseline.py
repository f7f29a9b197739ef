# caught by: test_ridge_is_fast
import torch


def ridge_path(x, y, lambdas):
    """One linear system for every penalty; needs λ > 0 or full rank."""
    centred = x - x.mean(0)
    gram, moment = centred.mT @ centred, centred.mT @ (y - y.mean())
    eye = torch.eye(x.shape[1], dtype=x.dtype)
    weights = torch.stack([torch.linalg.solve(gram + penalty * eye, moment) for penalty in lambdas])
    return weights, y.mean() - weights @ x.mean(0)
