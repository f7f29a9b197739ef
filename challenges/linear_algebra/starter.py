"""Linear algebra: your solution. The brief says what each function does; replace each `raise NotImplementedError`."""

from collections.abc import Callable

import torch  # noqa: F401  for you
from torch import Tensor


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
    raise NotImplementedError


def batched_quadratic_form(a: Tensor, x: Tensor) -> Tensor:
    """The quadratic form xᵀ A x of every matrix and vector.

    Args:
        a: shape (…, n, n), not necessarily symmetric or contiguous.
        x: shape (…, n); its batch dimensions broadcast against those of a.

    Returns:
        Shape (…), dtype of the inputs.
    """
    raise NotImplementedError


def pairwise_distances(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distances between all rows of x and all rows of y.

    Args:
        x: shape (…, n, d).
        y: shape (…, m, d), same batch dimensions.

    Returns:
        Shape (…, n, m); never negative, never NaN.
    """
    raise NotImplementedError


def low_rank_approximation(a: Tensor, k: int) -> Tensor:
    """The nearest matrix of rank at most k.

    Args:
        a: shape (…, m, n).
        k: 0 ≤ k ≤ min(m, n).

    Returns:
        Shape (…, m, n).
    """
    raise NotImplementedError


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
    raise NotImplementedError


def whiten(x: Tensor) -> Tensor:
    """An affine image of the samples with mean 0 and the identity as covariance.

    Args:
        x: shape (…, n, d): n samples of d features, n > d.

    Returns:
        Shape (…, n, d).
    """
    raise NotImplementedError


def top_eigenpairs(matvec: Callable[[Tensor], Tensor], n: int, k: int) -> tuple[Tensor, Tensor]:
    """The k largest eigenvalues of a symmetric positive semidefinite matrix, and their eigenvectors.

    Args:
        matvec: gives the matrix times a float64 tensor of shape (n) or (n, j), which is 1 or j of the 40 · k products.
        n: side of the matrix.
        k: how many eigenpairs.

    Returns:
        Values of shape (k), descending, and orthonormal vectors of shape (n, k); float64.
    """
    raise NotImplementedError
