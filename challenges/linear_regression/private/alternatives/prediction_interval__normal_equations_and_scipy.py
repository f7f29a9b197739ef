"""The textbook's formula, with a column of ones, an inverse, and the quantile of scipy.stats.t."""

import torch
from scipy.stats import t as student


def prediction_interval(x, y, x_new, level):
    a, rows = (torch.cat([torch.ones_like(m[..., :1]), m], dim=-1) for m in (x, x_new))
    inverse = torch.linalg.inv(a.mT @ a)
    beta = torch.einsum("...ij,...nj,...n->...i", inverse, a, y)
    freedom = x.shape[-2] - x.shape[-1] - 1
    rss = (y - torch.einsum("...nj,...j->...n", a, beta)).square().sum(-1, keepdim=True)
    leverage = torch.einsum("...mi,...ij,...mj->...m", rows, inverse, rows)
    predicted = torch.einsum("...mj,...j->...m", rows, beta)
    half = student.ppf(0.5 + level / 2, freedom) * torch.sqrt(rss / freedom * (1 + leverage))
    return predicted - half, predicted + half
