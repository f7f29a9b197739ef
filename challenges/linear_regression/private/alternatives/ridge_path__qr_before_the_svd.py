"""A QR decomposition with the ones first, and the SVD of its small factor."""

import torch


def ridge_path(x, y, lambdas):
    q, r = torch.linalg.qr(torch.column_stack([torch.ones_like(y), x]))
    c = y @ q
    u, s, vh = torch.linalg.svd(r[1:, 1:], full_matrices=False)
    tiny = 1e-12 if x.dtype == torch.float64 else 1e-6
    u, s, vh = (u[:, s > tiny * s[0]], s[s > tiny * s[0]], vh[s > tiny * s[0]])
    weights = torch.einsum("i,ki,id->kd", c[1:] @ u, s / (s**2 + lambdas.unsqueeze(1)), vh)
    return weights, (c[0] - weights @ r[0, 1:]) / r[0, 0]
