"""Block Lanczos with full reorthogonalisation: all products span the space in which the pairs are sought."""

import torch

_BLOCKS = 20


def top_eigenpairs(matvec, n, k):
    block = torch.linalg.qr(torch.randn(n, k, dtype=torch.float64)).Q
    basis, image = block, matvec(block)
    products = image
    for _ in range(_BLOCKS - 1):
        for _ in range(2):
            image = image - basis @ (basis.T @ image)
            image = torch.linalg.qr(image).Q
        basis = torch.cat([basis, image], 1)
        image = matvec(image)
        products = torch.cat([products, image], 1)
    values, vectors = torch.linalg.eigh(basis.T @ products)
    return values[-k:].flip(0), (basis @ vectors[:, -k:]).flip(1)
