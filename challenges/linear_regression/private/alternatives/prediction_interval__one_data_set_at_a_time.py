"""Recursion over the batch dimensions down to one data set, for which it is a regression as in any book."""

import torch
from scipy import stats


def prediction_interval(x, y, x_new, level):
    if y.dim() > 1:
        parts = [prediction_interval(*part, level) for part in zip(x, y, x_new, strict=True)]
        return tuple(torch.stack(bounds) for bounds in zip(*parts, strict=True))
    n, d = x.shape
    a = torch.column_stack([x, torch.ones(n)])
    rows = torch.column_stack([x_new, torch.ones(len(x_new))])
    factor = torch.linalg.cholesky(a.T @ a)
    beta = torch.cholesky_solve(a.T @ y[:, None], factor)[:, 0]
    residuals = y - a @ beta
    sigma = (residuals @ residuals / (n - d - 1)).sqrt()
    leverage = torch.linalg.solve_triangular(factor, rows.T, upper=False).square().sum(0)
    lower, upper = stats.t.interval(level, n - d - 1)
    width = sigma * (1 + leverage).sqrt()
    return rows @ beta + float(lower) * width, rows @ beta + float(upper) * width
