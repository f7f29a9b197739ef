"""The distances of one point after the other to all others."""

import torch


def pairwise_distances(x, y):
    rows = [torch.linalg.vector_norm(y - point.unsqueeze(-2), dim=-1) for point in x.unbind(-2)]
    return torch.stack(rows, dim=-2)
