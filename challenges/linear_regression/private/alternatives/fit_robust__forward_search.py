"""A forward search: from a small clean subset, the samples that fit best come in a few at a time, until one is far."""

import torch


def _fit(design, y):
    return torch.linalg.lstsq(design, y.unsqueeze(-1)).solution.squeeze(-1)


def fit_robust(x, y):
    generator = torch.Generator().manual_seed(3)
    design = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    n, p = design.shape
    half = n // 2
    rows = torch.rand(600, n, generator=generator).argsort(dim=1)[:, :p]
    starts = _fit(design[rows], y[rows])
    trimmed = (starts @ design.T - y).square().sort(dim=1).values[:, :half].sum(dim=1)
    theta = starts[trimmed.argmin()]
    size = half
    while size <= n:
        distances = (design @ theta - y).abs()
        order = distances.argsort()
        inside = order[:size]
        # Were all of them clean, the largest of so many residuals would be below five times their median.
        if size > half and distances[inside[-1]] > 5 * 1.4826 * distances[order[: max(half, size - 5)]].median():
            break
        theta = _fit(design[inside], y[inside])
        size += 5
    return theta[:-1], theta[-1]
