"""What has to happen beside the candidate's code."""

import math
import re

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ptassess.probing import call_keeping_inputs, saved_bytes

__all__ = ["call_keeping_inputs", "decompositions", "saved_by_descent"]

# Beginnings of the operators' names, without "linalg_" and underscores before them; whole words, for "sqrt" ends in a
# part of "qr".
_DECOMPOSITIONS = ("svd", "eig", "qr", "geqrf", "cholesky", "lu", "solve", "lstsq", "inv", "inverse", "ldl", "pinv")
_SUBSTITUTIONS = ("cholesky_solve", "cholesky_inverse", "lu_solve", "lu_unpack", "ldl_solve", "solve_triangular")


def saved_by_descent(solution, x, y):
    """Bytes that autograd saves during a descent."""
    return saved_bytes(solution.fit_gradient_descent, x, y, 20, 0.01)


def decompositions(solution, x, y, lambdas):
    """How many matrices ridge_path decomposes; those of a batch count one by one."""
    with _Decompositions() as meter:
        solution.ridge_path(x, y, lambdas)
    return meter.count


_PATTERN = rf"({'|'.join(_DECOMPOSITIONS)})(h|vals|valsh)?(_|$)"


class _Decompositions(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__.lstrip("_").removeprefix("linalg_")
        if re.match(_PATTERN, name) and not name.startswith(_SUBSTITUTIONS):
            matrix = next(arg for arg in args if isinstance(arg, torch.Tensor))
            self.count += math.prod(matrix.shape[:-2])
        return func(*args, **(kwargs or {}))
