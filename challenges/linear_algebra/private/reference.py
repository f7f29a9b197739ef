"""Our solution, written to be read."""

import torch


def matmul_family(u, v, a, b, s):
    """Seven products; each in the form that says most directly what it is."""
    return {
        "outer": u[:, None] * v,
        "bilinear": u @ a @ v,
        "matvec": a @ v,
        "matmul": a @ b,
        "batched": a @ b @ s,  # @ broadcasts (m, p) against (k, p, q)
        "weighted": torch.einsum("np,n,kpq->k", b, v, s),
        "column_means": a.mean(0),
    }


def batched_quadratic_form(a, x):
    """Matrix times vector first, n² products a matrix; then the inner product."""
    return (x * (a @ x.unsqueeze(-1)).squeeze(-1)).sum(-1)


def pairwise_distances(x, y):
    """The Gram form, after the points were moved to the origin: distances do not change, and cancellation goes away."""
    centre = x.mean(-2, keepdim=True)
    x, y = x - centre, y - centre
    squares = torch.matmul(x, y.mT).mul_(-2)  # the only tensor of the result's size; all that follows works in place
    squares.add_(x.square().sum(-1).unsqueeze(-1)).add_(y.square().sum(-1).unsqueeze(-2))
    return squares.clamp_(min=0).sqrt_()  # rounding can leave a square of a small distance below zero


def low_rank_approximation(a, k):
    """Eckart and Young: keep the k largest singular values."""
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    return (u[..., :k] * s[..., None, :k]) @ vh[..., :k, :]


def solve_spd(a, b):
    """Cholesky: backward stable, half the cost of LU, and it fails just where the matrix is not positive definite."""
    factor, info = torch.linalg.cholesky_ex(a)
    if bool((info != 0).any()):
        raise ValueError("a matrix is not positive definite")
    if b.dim() == a.dim() - 1:
        return torch.cholesky_solve(b.unsqueeze(-1), factor).squeeze(-1)
    return torch.cholesky_solve(b, factor)


def whiten(x):
    """The left singular vectors of the centred samples are white; a covariance would square the condition number."""
    centred = x - x.mean(-2, keepdim=True)
    # Equal scales first: the SVD is accurate relative to the largest singular value only.
    centred = centred / centred.norm(dim=-2, keepdim=True)
    u, _, _ = torch.linalg.svd(centred, full_matrices=False)
    return u * (x.shape[-2] - 1) ** 0.5


def top_eigenpairs(matvec, n, k):
    """Subspace iteration, and a Rayleigh-Ritz step that tells clustered eigenvalues apart.

    The angle between the block and the wanted subspace shrinks by the ratio of the (k + 1)-th to the k-th eigenvalue
    in every round: 40 rounds at a ratio of one half are more than enough.
    """
    generator = torch.Generator().manual_seed(0)
    block = torch.linalg.qr(torch.randn(n, k, dtype=torch.float64, generator=generator)).Q
    for _ in range(39):
        block = torch.linalg.qr(matvec(block)).Q
    small = block.mT @ matvec(block)
    values, vectors = torch.linalg.eigh((small + small.mT) / 2)
    return values.flip(0), block @ vectors.flip(1)
