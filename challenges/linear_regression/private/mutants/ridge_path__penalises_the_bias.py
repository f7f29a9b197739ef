# caught by: test_ridge_does_not_penalise_the_bias
import torch


def ridge_path(x, y, lambdas):
    u, s, vh = torch.linalg.svd(torch.cat([x, torch.ones_like(x[:, :1])], 1), full_matrices=False)
    zero = s <= 1e-12 * s[0]
    s = s.masked_fill(zero, 1)
    fits = ((s / (s.square() + lambdas[:, None])).masked_fill(zero, 0) * (u.mT @ y)) @ vh
    return fits[:, :-1], fits[:, -1]
