"""Multiplies one vector at a time, orthonormalises through Cholesky, and rotates in the end by an SVD."""

import torch


def top_eigenpairs(matvec, n, k):
    def multiply(block):
        return torch.stack([matvec(column) for column in block.T]).T

    def orthonormalise(block):
        for _ in range(2):
            upper = torch.linalg.cholesky(block.T @ block).T
            block = torch.linalg.solve_triangular(upper, block, upper=True, left=False)
        return block

    torch.manual_seed(12)
    block = torch.randn(n, k, dtype=torch.float64)
    for _ in range(35):
        block = orthonormalise(multiply(block))
    # The matrix is positive semidefinite: the singular values of its small image are its eigenvalues.
    rotation, values, _ = torch.linalg.svd(block.T @ multiply(block))
    return values, block @ rotation
