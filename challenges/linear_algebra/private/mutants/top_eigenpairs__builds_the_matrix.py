# caught by: test_eigenpairs_well_apart
import torch


def top_eigenpairs(matvec, n, k):
    values, vectors = torch.linalg.eigh(matvec(torch.eye(n, dtype=torch.float64)))
    return values.flip(0)[:k], vectors.flip(1)[:, :k]
