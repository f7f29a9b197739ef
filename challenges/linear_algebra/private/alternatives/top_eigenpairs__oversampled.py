"""Iterates twice as many vectors as are asked for, with a Rayleigh-Ritz step in each round."""

from typing import NamedTuple

import torch
from torch import Tensor


class Eigenpairs(NamedTuple):
    """What is returned: a tuple whose parts have names."""

    values: Tensor
    vectors: Tensor


def top_eigenpairs(matvec, n, k):
    width = 2 * k
    vectors = torch.linalg.qr(torch.eye(n, dtype=torch.float64)[:, :width] + torch.rand(n, width).double() / n).Q
    for _ in range(40 * k // width):
        image = matvec(vectors)
        values, rotation = torch.linalg.eigh(vectors.T @ image)
        ritz, residual = vectors @ rotation, (image @ rotation - vectors @ rotation * values)[:, -k:]
        if residual.norm() < 1e-9 * values[-1]:
            break
        vectors = torch.linalg.qr(image).Q
    order = values.argsort(descending=True)[:k]
    return Eigenpairs(values[order], ritz[:, order])
