"""Linear algebra: your solution. The brief says what each function does."""

from collections.abc import Callable

import torch
from torch import Tensor

PRODUCTS_PER_PAIR = 40  # what top_eigenpairs may spend


def matmul_family(u: Tensor, v: Tensor, a: Tensor, b: Tensor, s: Tensor) -> dict[str, Tensor]:
    """Seven products of vectors, matrices and a batch.

    Args:
        u: shape (m).
        v: shape (n).
        a: shape (m, n).
        b: shape (n, p).
        s: shape (k, p, q), a batch of k matrices.

    Returns:
        outer (m, n), bilinear (), matvec (m), matmul (m, p), batched (k, m, q), weighted (k), column_means (n).
    """
    ab = a @ b
    av = a @ v
    return {
        "outer": torch.outer(u, v),
        "bilinear": u @ av,
        "matvec": av,
        "matmul": ab,
        "batched": ab @ s,
        "weighted": s.sum(dim=-1) @ (v @ b),
        "column_means": a.mean(dim=0),
    }


def batched_quadratic_form(a: Tensor, x: Tensor) -> Tensor:
    """The quadratic form xᵀ A x of every matrix and vector.

    Args:
        a: shape (…, n, n), not necessarily symmetric or contiguous.
        x: shape (…, n); its batch dimensions broadcast against those of a.

    Returns:
        Shape (…), dtype of the inputs.
    """
    ax = (a @ x.unsqueeze(-1)).squeeze(-1)
    return (x * ax).sum(dim=-1)


def pairwise_distances(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distances between all rows of x and all rows of y.

    Args:
        x: shape (…, n, d).
        y: shape (…, m, d), same batch dimensions.

    Returns:
        Shape (…, n, m); never negative, never NaN.
    """
    # Differences are taken before squaring, so nothing cancels far from the origin and equal points are exactly 0. The
    # matrix-product mode, which cdist would choose by itself for many points, has neither property.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def low_rank_approximation(a: Tensor, k: int) -> Tensor:
    """The nearest matrix of rank at most k.

    Args:
        a: shape (…, m, n).
        k: 0 ≤ k ≤ min(m, n).

    Returns:
        Shape (…, m, n).
    """
    if not 0 <= k <= min(a.shape[-2:]):
        raise ValueError(f"k must be between 0 and {min(a.shape[-2:])}, got {k}")
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    return (u[..., :k] * s[..., None, :k]) @ vh[..., :k, :]


def solve_spd(a: Tensor, b: Tensor) -> Tensor:
    """Solve A X = B for symmetric positive definite A.

    Args:
        a: shape (…, n, n), float64.
        b: shape (…, n, k), or (…, n) with one dimension less than a; float64.

    Returns:
        X, in the shape of b.

    Raises:
        ValueError: if a matrix is not positive definite.
    """
    factor, info = torch.linalg.cholesky_ex(a)
    if info.any():
        raise ValueError("a is not positive definite")
    if b.dim() == a.dim() - 1:
        return torch.cholesky_solve(b.unsqueeze(-1), factor).squeeze(-1)
    return torch.cholesky_solve(b, factor)


def whiten(x: Tensor) -> Tensor:
    """An affine image of the samples with mean 0 and the identity as covariance.

    Args:
        x: shape (…, n, d): n samples of d features, n > d.

    Returns:
        Shape (…, n, d).
    """
    centred = x - x.mean(dim=-2, keepdim=True)
    # The first mean is rounded relative to the offset of the data, the second one relative to their spread.
    centred = centred - centred.mean(dim=-2, keepdim=True)
    # Householder QR does not care about the scales of the columns, and never forms the covariance.
    q, _ = torch.linalg.qr(centred)
    return q * (x.shape[-2] - 1) ** 0.5


def top_eigenpairs(matvec: Callable[[Tensor], Tensor], n: int, k: int) -> tuple[Tensor, Tensor]:
    """The k largest eigenvalues of a symmetric positive semidefinite matrix, and their eigenvectors.

    Args:
        matvec: gives the matrix times a float64 tensor of shape (n) or (n, j), which is 1 or j of the 40 · k products.
        n: side of the matrix.
        k: how many eigenpairs.

    Returns:
        Values of shape (k), descending, and orthonormal vectors of shape (n, k); float64.
    """
    # Simultaneous iteration: the gap of 2 halves the error in each of the 39 steps; the 40th product is for Rayleigh-Ritz.
    generator = torch.Generator().manual_seed(0)  # leaves the global random state alone
    block = torch.randn(n, k, dtype=torch.float64, generator=generator)
    q, _ = torch.linalg.qr(block)
    for _ in range(PRODUCTS_PER_PAIR - 1):
        q, _ = torch.linalg.qr(matvec(q))
    projected = q.mT @ matvec(q)
    values, rotation = torch.linalg.eigh((projected + projected.mT) / 2)
    return values.flip(0), q @ rotation.flip(1)
