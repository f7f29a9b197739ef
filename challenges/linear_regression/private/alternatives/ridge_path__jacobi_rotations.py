"""An SVD of one's own: rotates pairs of centred features until all are orthogonal (one-sided Jacobi)."""

import torch


def _orthogonal_columns(a):
    """The matrix times a rotation, whose columns are orthogonal, and the rotation."""
    rotation = torch.eye(a.shape[1], dtype=a.dtype)
    for _ in range(30):
        largest = 0.0
        for p in range(a.shape[1]):
            for q in range(p):
                size_p, size_q, product = a[:, p] @ a[:, p], a[:, q] @ a[:, q], a[:, p] @ a[:, q]
                if product.abs() <= 1e-16 * (size_p * size_q).sqrt():
                    continue
                largest = max(largest, (product.abs() / (size_p * size_q).sqrt()).item())
                angle = torch.atan2(2 * product, size_p - size_q) / 2
                turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).view(2, 2)
                a[:, [p, q]], rotation[:, [p, q]] = a[:, [p, q]] @ turn, rotation[:, [p, q]] @ turn
        if largest < 1e-15:
            break
    return a, rotation


def ridge_path(x, y, lambdas):
    a, rotation = _orthogonal_columns(x - x.mean(0))
    s = a.norm(dim=0)
    kept = s > 1e-12 * s.max()
    factors = (y - y.mean()) @ a[:, kept] / (s[kept].square() + lambdas[:, None])
    weights = factors @ rotation[:, kept].T
    return weights, y.mean() - weights @ x.mean(0)
