# caught by: test_eigenpairs_well_apart
import torch


def top_eigenpairs(matvec, n, k, _right=top_eigenpairs):
    values, vectors = _right(matvec, n, k)
    return values.flip(0), vectors.flip(1)
