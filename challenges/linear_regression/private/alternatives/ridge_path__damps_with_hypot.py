"""One SVD, and a loop over the penalties, whose factors s / (s² + λ) are written with hypot."""

import torch


def ridge_path(x, y, lambdas):
    u, s, vh = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    kept = s > s[0] * (1e-12 if x.dtype == torch.float64 else 1e-6)
    rotated = (u.mT @ (y - y.mean()))[kept]
    weights = []
    for penalty in lambdas:
        length = torch.hypot(s[kept], penalty.sqrt())
        weights.append((s[kept] / length * rotated / length) @ vh[kept])
    weights = torch.stack(weights)
    return weights, y.mean() - weights @ x.mean(0)
