"""Linear regression: your solution. The brief says what to write; replace each `raise NotImplementedError`."""

from collections.abc import Callable

import torch  # noqa: F401  for you
from torch import Tensor


def fit_closed_form(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares with an intercept; of all solutions the one with the smallest weights.

    Args:
        x: shape (n, d), any rank.
        y: shape (n).

    Returns:
        Weights (d) and bias ().
    """
    raise NotImplementedError


def fit_gradient_descent(x: Tensor, y: Tensor, steps: int = 500, lr: float | None = None) -> dict[str, Tensor | float]:
    """Gradient descent on the mean squared error, from zero, with a constant step.

    Args:
        x: shape (n, d).
        y: shape (n).
        steps: how many, 0 or more.
        lr: length of the step; None to choose one.

    Returns:
        weights (d), bias (), losses (steps + 1) and lr, the step that was used, a number.
    """
    raise NotImplementedError


def ridge_path(x: Tensor, y: Tensor, lambdas: Tensor) -> tuple[Tensor, Tensor]:
    """Ridge regression for many penalties, with one decomposition.

    Args:
        x: shape (n, d), any rank.
        y: shape (n).
        lambdas: shape (k), 0 or larger, in no order.

    Returns:
        Weights (k, d) and biases (k).
    """
    raise NotImplementedError


def fit_minibatch(next_batch: Callable[[], tuple[Tensor, Tensor]], batches: int, x_new: Tensor) -> Tensor:
    """Train a linear model on mini-batches and predict new samples.

    Args:
        next_batch: gives the next mini-batch, x (b, d) and y (b), in float32; 40 · batches calls are allowed.
        batches: mini-batches in an epoch.
        x_new: shape (m, d), float32.

    Returns:
        Predictions (m), in the units of y.
    """
    raise NotImplementedError


def fit_robust(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """A linear fit that up to 20 % of outliers do not move.

    Args:
        x: shape (n, d), float64.
        y: shape (n), float64.

    Returns:
        Weights (d) and bias ().
    """
    raise NotImplementedError


def prediction_interval(x: Tensor, y: Tensor, x_new: Tensor, level: float) -> tuple[Tensor, Tensor]:
    """Where new observations will lie.

    Args:
        x: shape (…, n, d), float64.
        y: shape (…, n), float64.
        x_new: shape (…, m, d), float64.
        level: probability that a new observation lies inside, between 0.5 and 0.99.

    Returns:
        Lower and upper bounds, (…, m) each.
    """
    raise NotImplementedError
