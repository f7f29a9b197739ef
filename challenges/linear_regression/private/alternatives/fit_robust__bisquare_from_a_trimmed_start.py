"""An MM-estimate: Tukey's weights with a fixed scale, from the best of many exact fits."""

import torch


def fit_robust(x, y):
    n, d = x.shape
    design = torch.cat([torch.ones(n, 1, dtype=x.dtype), x], 1)
    rows = torch.stack([torch.randperm(n)[: d + 1] for _ in range(1000)])
    fits = torch.linalg.pinv(design[rows]) @ y[rows, None]
    sizes = (design @ fits - y[:, None]).abs().squeeze(-1)
    scales = sizes.quantile(0.5, dim=1)
    theta, scale = fits[scales.argmin(), :, 0], 1.4826 * scales.min()
    for _ in range(50):
        u = (y - design @ theta) / (4.685 * scale)
        weights = (1 - u**2).clamp(min=0) ** 2
        theta = torch.linalg.solve(design.T @ (weights[:, None] * design), design.T @ (weights * y))
    return theta[1:], theta[0]
