# caught by: test_eigenpairs_close_together
import torch


def top_eigenpairs(matvec, n, k):
    block = torch.linalg.qr(torch.randn(n, k, dtype=torch.float64)).Q
    for _ in range(39):
        block = torch.linalg.qr(matvec(block)).Q
    return (block * matvec(block)).sum(0).sort(descending=True).values, block
