# caught by: test_distances_are_fast
import torch


def pairwise_distances(x, y):
    """Two loops over the points."""
    out = x.new_empty(*x.shape[:-1], y.shape[-2])
    for i in range(x.shape[-2]):
        for j in range(y.shape[-2]):
            out[..., i, j] = (x[..., i, :] - y[..., j, :]).norm(dim=-1)
    return out
