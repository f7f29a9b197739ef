"""One singular vector after the other, always in float64."""

import torch


def fit_closed_form(x, y):
    wide, target = x.double(), y.double()
    mean = wide.mean(0)
    u, s, vh = torch.linalg.svd(wide - mean, full_matrices=False)
    weights = torch.zeros_like(mean)
    for left, value, right in zip(u.T, s, vh, strict=True):
        if value > 1e-12 * s.max():
            weights += (left @ (target - target.mean())) / value * right
    return weights.to(x.dtype), (target.mean() - mean @ weights).to(y.dtype)
