# caught by: test_ridge_of_a_bad_condition
import torch


def ridge_path(x, y, lambdas):
    c = x - x.mean(0)
    values, v = torch.linalg.eigh(c.mT @ c)
    zero = values <= 1e-14 * values[-1]
    factors = (1 / (values.masked_fill(zero, 1) + lambdas[:, None])).masked_fill(zero, 0)
    weights = (factors * (v.mT @ (c.mT @ (y - y.mean())))) @ v.mT
    return weights, y.mean() - weights @ x.mean(0)
