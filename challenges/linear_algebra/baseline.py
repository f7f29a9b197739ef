"""The naive versions: right on well-behaved input, slow, and public."""

import torch


def batched_quadratic_form(a, x):
    """One element after the other."""
    a, x = torch.broadcast_tensors(a, x.unsqueeze(-2))[0], torch.broadcast_tensors(a[..., 0], x)[1]
    flat_a, flat_x = a.reshape(-1, *a.shape[-2:]), x.reshape(-1, x.shape[-1])
    values = [
        sum(v[i] * m[i, j] * v[j] for i in range(len(v)) for j in range(len(v)))
        for m, v in zip(flat_a, flat_x, strict=True)
    ]
    return torch.stack(values).reshape(x.shape[:-1]) if values else x.new_zeros(x.shape[:-1])


def pairwise_distances(x, y):
    """Two loops over the points."""
    out = x.new_empty(*x.shape[:-1], y.shape[-2])
    for i in range(x.shape[-2]):
        for j in range(y.shape[-2]):
            out[..., i, j] = (x[..., i, :] - y[..., j, :]).norm(dim=-1)
    return out


def whiten(x):
    """Through the eigenvalues of the covariance, which squares the ratio of the scales."""
    centred = x - x.mean(-2, keepdim=True)
    covariance = centred.mT @ centred / (x.shape[-2] - 1)
    values, vectors = torch.linalg.eigh(covariance)
    return centred @ vectors / values.sqrt().unsqueeze(-2)
