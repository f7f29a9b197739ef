"""Answers to the questions of ``quiz.py``: a function each, of its drawn values."""

import math


def largest_stable_step(*, a, b, c):
    """Two by the largest eigenvalue."""
    return 2 / ((a + c) / 2 + math.hypot((a - c) / 2, b))


def best_rate(*, low, high):
    """The step 2 / (low + high) shrinks both ends of the spectrum alike."""
    return (high - low) / (high + low)


def shrunken_mean(*, n, mu, variance, c):
    """Squared bias plus variance."""
    return ((1 - c) * mu) ** 2 + c**2 * variance / n


def ridge_degrees_of_freedom(*, s0, s1, s2, penalty):
    """The trace of the matrix that maps targets to predictions."""
    return sum(s**2 / (s**2 + penalty) for s in (s0, s1, s2))


def noise_variance(*, n, d, rss):
    """Weights and bias have used up d + 1 degrees of freedom."""
    return rss / (n - d - 1)


def bias_and_variance(*, change):
    """Index among the choices."""
    if "raised" in change:
        return 0
    if "lowered" in change:
        return 1
    if "samples" in change:
        return 2
    return 3
