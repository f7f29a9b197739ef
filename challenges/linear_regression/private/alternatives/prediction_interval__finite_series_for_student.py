"""The SVD gives fit and leverages; Student's probability is a finite series of cosines, inverted by bisection."""

import math

import torch


def _inside(angle, freedom):
    """The probability that |t| < sqrt(freedom) tan(angle) (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for power in range(1 + odd, freedom, 2):
        total += term
        term *= power / (power + 1) * cosine**2
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _quantile(level, freedom):
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, freedom) < level else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def prediction_interval(x, y, x_new, level):
    n, d = x.shape[-2:]
    x_mean, y_mean = x.mean(-2, keepdim=True), y.mean(-1, keepdim=True)
    u, s, vh = torch.linalg.svd(x - x_mean, full_matrices=False)
    c = (u.mT @ (y - y_mean).unsqueeze(-1)).squeeze(-1)
    scores = (x_new - x_mean) @ vh.mT / s.unsqueeze(-2)
    centre = y_mean + (scores @ c.unsqueeze(-1)).squeeze(-1)
    variance = ((y - y_mean).square().sum(-1) - c.square().sum(-1)) / (n - d - 1)
    spread = (variance.unsqueeze(-1) * (1 + 1 / n + scores.square().sum(-1))).sqrt()
    sides = _quantile(level, n - d - 1) * torch.tensor([-1.0, 1.0], dtype=x.dtype)
    return (centre.unsqueeze(-1) + spread.unsqueeze(-1) * sides).unbind(-1)
