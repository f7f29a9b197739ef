# caught by: test_eigenpairs_well_apart
import torch


def top_eigenpairs(matvec, n, k):
    block = torch.linalg.qr(torch.randn(n, k, dtype=torch.float64)).Q
    for _ in range(4):
        block = torch.linalg.qr(matvec(block)).Q
    values, vectors = torch.linalg.eigh(block.mT @ matvec(block))
    return values.flip(0), block @ vectors.flip(1)
