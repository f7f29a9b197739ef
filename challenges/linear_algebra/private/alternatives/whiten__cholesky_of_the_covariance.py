"""Cholesky's factor of the covariance, which does not mind unequal scales; in float64 throughout."""

import torch


def whiten(x):
    wide = x.double()
    centred = wide - wide.mean(-2, keepdim=True)
    covariance = torch.einsum("...ni,...nj->...ij", centred, centred) / (x.shape[-2] - 1)
    lower = torch.linalg.cholesky(covariance)
    return torch.linalg.solve_triangular(lower, centred.mT, upper=False).mT.to(x.dtype)
