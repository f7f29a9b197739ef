"""Cholesky, forward and backward substitution; the error is a class of its own that is a ValueError."""

import torch


class NotPositiveDefiniteError(ValueError):
    """Some matrix has an eigenvalue that is zero or less."""


def solve_spd(a, b):
    try:
        lower = torch.linalg.cholesky(a)
    except torch.linalg.LinAlgError as error:
        raise NotPositiveDefiniteError from error
    one_vector = b.ndim < a.ndim
    columns = b[..., None] if one_vector else b
    half = torch.linalg.solve_triangular(lower, columns, upper=False)
    solved = torch.linalg.solve_triangular(lower.mT, half, upper=True)
    return solved[..., 0] if one_vector else solved
