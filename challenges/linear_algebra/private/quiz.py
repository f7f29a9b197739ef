"""Answers to the questions of ``quiz.py``: a function each, of its drawn values."""

import math


def condition_number(*, a, b, c):
    """Largest by smallest magnitude of an eigenvalue, for a symmetric matrix."""
    magnitudes = [abs(a), abs(b), abs(c)]
    return max(magnitudes) / min(magnitudes)


def digits_lost(*, exponent):
    """A condition number of 10^e costs about e digits."""
    return 16 - exponent


def product_order(*, m, n, p):
    """(A B) v costs mnp + mp, A (B v) costs np + mn."""
    return min(m * n * p + m * p, n * p + m * n)


def low_rank_numbers(*, m, n, k):
    """Factors of m x k and k x n."""
    return k * (m + n)


def truncation_error(*, s0, s1, s2, s3, k):
    """Eckart and Young: the norm of the singular values that were dropped."""
    return math.hypot(*[s0, s1, s2, s3][k:])


def factorisation(*, situation):
    """Index among the choices."""
    if "positive definite" in situation:
        return 0
    if "full column rank" in situation:
        return 1
    if "rank-deficient" in situation:
        return 2
    return 3
