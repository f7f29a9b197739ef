"""Linear regression: your solution. The brief says what to write; replace each `raise NotImplementedError`."""

from collections.abc import Callable

import torch
from scipy.stats import t as student_t
from torch import Tensor

# Real singular values are above 1e-8 of the largest, zero ones below 1e-12: the cut is half-way.
RANK_TOLERANCE = 1e-10


def _centre(values: Tensor, dim: int = 0) -> tuple[Tensor, Tensor]:
    """Centred values and their mean; the second pass removes the rounding error of the first mean."""
    mean = values.mean(dim, keepdim=True)
    rest = (values - mean).mean(dim, keepdim=True)
    return values - mean - rest, (mean + rest).squeeze(dim)


def _shrunken_fits(x: Tensor, y: Tensor, lambdas: Tensor) -> tuple[Tensor, Tensor]:
    """Ridge solutions for all penalties from one SVD, in float64: weights (k, d) and biases (k)."""
    x, y, lambdas = x.double(), y.double(), lambdas.double()
    x_centred, x_mean = _centre(x)
    y_centred, y_mean = _centre(y)
    u, s, vh = torch.linalg.svd(x_centred, full_matrices=False)
    # Where all features are constant, even the largest singular value is only rounding.
    noise = torch.finfo(x.dtype).eps * torch.linalg.vector_norm(x)
    keep = (s > RANK_TOLERANCE * s[:1]) & (s[:1] > noise)
    u, s, vh = u[:, keep], s[keep], vh[keep]
    factors = s / (s.square() + lambdas[:, None])
    weights = (factors * (y_centred @ u)) @ vh
    return weights, y_mean - weights @ x_mean


def fit_closed_form(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares with an intercept; of all solutions the one with the smallest weights.

    Args:
        x: shape (n, d), any rank.
        y: shape (n).

    Returns:
        Weights (d) and bias ().
    """
    weights, biases = _shrunken_fits(x, y, torch.zeros(1, dtype=torch.float64))
    return weights[0].to(x.dtype), biases[0].to(x.dtype)


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
    dtype = x.dtype
    with torch.no_grad():
        design = torch.cat([x, torch.ones_like(x[:, :1])], dim=1).double()
        targets = y.double()
        n = len(targets)
        if lr is None:
            # The best constant step for a quadratic with these extreme curvatures.
            curvatures = torch.linalg.eigvalsh(2 / n * design.T @ design)
            lr = 2 / (curvatures[0] + curvatures[-1]).item()
        params = design.new_zeros(design.shape[1])
        losses = design.new_empty(steps + 1)
        residuals = design @ params - targets
        losses[0] = residuals.square().mean()
        for step in range(1, steps + 1):
            params = params - lr * (2 / n * design.T @ residuals)
            residuals = design @ params - targets
            losses[step] = residuals.square().mean()
    params = params.to(dtype)
    return {"weights": params[:-1], "bias": params[-1], "losses": losses.to(dtype), "lr": float(lr)}


def ridge_path(x: Tensor, y: Tensor, lambdas: Tensor) -> tuple[Tensor, Tensor]:
    """Ridge regression for many penalties, with one decomposition.

    Args:
        x: shape (n, d), any rank.
        y: shape (n).
        lambdas: shape (k), 0 or larger, in no order.

    Returns:
        Weights (k, d) and biases (k).
    """
    weights, biases = _shrunken_fits(x, y, lambdas)
    return weights.to(x.dtype), biases.to(x.dtype)


def fit_minibatch(next_batch: Callable[[], tuple[Tensor, Tensor]], batches: int, x_new: Tensor) -> Tensor:
    """Train a linear model on mini-batches and predict new samples.

    Args:
        next_batch: gives the next mini-batch, x (b, d) and y (b), in float32; 40 · batches calls are allowed.
        batches: mini-batches in an epoch.
        x_new: shape (m, d), float32.

    Returns:
        Predictions (m), in the units of y.
    """
    # One epoch is enough: the triangular factor of [1, x, y], updated batch by batch, holds all that least squares
    # needs of the samples, in O(d²) memory. Since the ones come first, the rows below the first are those of the
    # centred data.
    d = x_new.shape[1]
    factor = torch.zeros(0, d + 2, dtype=torch.float64)
    for _ in range(batches):
        x, y = next_batch()
        rows = torch.cat([torch.ones_like(y)[:, None], x, y[:, None]], dim=1).double()
        factor = torch.linalg.qr(torch.cat([factor, rows]), mode="r").R
    means = factor[0, 1:] / factor[0, 0]
    x_centred, y_centred = factor[1:, 1:-1], factor[1:, -1]

    # A constant feature leaves only rounding; it says nothing beyond the bias.
    scales = torch.linalg.vector_norm(x_centred, dim=0)
    varies = scales > 1e-6 * factor[0, 1:-1].abs()
    scales = scales[varies]
    weights = torch.linalg.pinv(x_centred[:, varies] / scales, rtol=RANK_TOLERANCE) @ y_centred / scales
    predictions = (x_new.double() - means[:-1])[:, varies] @ weights + means[-1]
    return predictions.to(x_new.dtype)


def fit_robust(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """A linear fit that up to 20 % of outliers do not move.

    Args:
        x: shape (n, d), float64.
        y: shape (n), float64.

    Returns:
        Weights (d) and bias ().
    """
    n, d = x.shape
    clean = int(0.75 * n)  # fewer than are surely clean
    # Features of clean samples have mean 0 and standard deviation 1, so samples far outside are outliers. They have
    # to go first: a plane may pass through a distant cluster and still be close to the clean samples.
    near = torch.linalg.vector_norm(x, dim=1) <= 4 * d**0.5
    design = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)[near]
    targets = y[near]

    def fit(chosen: Tensor) -> Tensor:
        """Least squares on the chosen rows, a fit for each row of indices: (starts, d + 1)."""
        return torch.linalg.lstsq(design[chosen], targets[chosen].unsqueeze(-1)).solution.squeeze(-1)

    # Least trimmed squares: fits of a few random samples, each refitted to the samples that are closest to it.
    # A draw of d + 1 <= 6 is clean with probability 0.8^6 = 0.26; 500 draws cannot all fail.
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(500, len(targets), generator=generator).argsort(dim=1)
    fits = fit(order[:, : d + 1])
    for _ in range(10):
        squares = (fits @ design.T - targets).square()
        fits = fit(squares.topk(clean, dim=1, largest=False).indices)
    squares = (fits @ design.T - targets).square()
    trimmed = squares.topk(clean, dim=1, largest=False).values.sum(dim=1)
    params = fits[trimmed.argmin()]

    # Refit to all samples within 4 standard deviations, which the median absolute residual estimates.
    for _ in range(5):
        residuals = (design @ params - targets).abs()
        inliers = (residuals <= 4 * residuals.median() / 0.6745).nonzero().T
        params = fit(inliers)[0]
    return params[:-1], params[-1]


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
    n, d = x.shape[-2:]
    freedom = n - d - 1
    x_centred, x_mean = _centre(x, dim=-2)
    y_centred, y_mean = _centre(y, dim=-1)
    q, r = torch.linalg.qr(x_centred)
    # With x = QR, both the prediction and the leverage of a row z need only z R⁻¹.
    scores = q.mT @ y_centred.unsqueeze(-1)
    projected = torch.linalg.solve_triangular(r, x_new - x_mean.unsqueeze(-2), upper=True, left=False)
    centre = (projected @ scores).squeeze(-1) + y_mean.unsqueeze(-1)

    residuals = y_centred - (q @ scores).squeeze(-1)
    variance = residuals.square().sum(-1, keepdim=True) / freedom
    leverage = 1 / n + projected.square().sum(-1)
    half_width = float(student_t.ppf((1 + level) / 2, freedom)) * (variance * (1 + leverage)).sqrt()
    return centre - half_width, centre + half_width
