"""Our solution, written to be read."""

import torch

_ZERO = 1e-12  # a singular value below this share of the largest counts as zero (float64)


def fit_closed_form(x, y):
    """The pseudoinverse of the centred design: any rank, minimum norm, and no normal equations."""
    mean = x.mean(0)
    rtol = _ZERO if x.dtype == torch.float64 else None
    weights = torch.linalg.pinv(x - mean, rtol=rtol) @ (y - y.mean())
    return weights, y.mean() - mean @ weights


def fit_gradient_descent(x, y, steps=500, lr=None):
    """Steps of 2 / (largest + smallest eigenvalue of the Hessian) shrink the error fastest."""
    n, d = x.shape
    if lr is None:
        design = torch.cat([x, x.new_ones(n, 1)], 1)
        spectrum = torch.linalg.eigvalsh(design.mT @ design * (2 / n))
        lr = 2 / (spectrum[0] + spectrum[-1]).item()
    weights, bias, losses = x.new_zeros(d), x.new_zeros(()), []
    for _ in range(steps):
        residual = x @ weights + bias - y
        losses.append(residual.square().mean())
        weights = weights - lr * 2 / n * (x.mT @ residual)
        bias = bias - lr * 2 * residual.mean()
    losses.append((x @ weights + bias - y).square().mean())
    return {"weights": weights, "bias": bias, "losses": torch.stack(losses), "lr": lr}


def ridge_path(x, y, lambdas):
    """One SVD; a penalty only changes the factor s / (s² + λ) that each singular direction gets."""
    mean = x.mean(0)
    u, s, vh = torch.linalg.svd(x - mean, full_matrices=False)
    zero = s <= s[0] * (_ZERO if x.dtype == torch.float64 else max(x.shape) * torch.finfo(x.dtype).eps)
    s = s.masked_fill(zero, 1)  # any number: its factor becomes 0
    factors = (s / (s.square() + lambdas[:, None])).masked_fill(zero, 0)
    weights = (factors * (u.mT @ (y - y.mean()))) @ vh
    return weights, y.mean() - weights @ mean


def fit_minibatch(next_batch, batches, x_new):
    """One epoch for means and scales, then SGD with a step that falls to zero, on standardised features and targets."""
    first = [next_batch() for _ in range(batches)]
    count = sum(len(y) for _, y in first)

    def moments(parts):
        mean = sum(part.double().sum(0) for part in parts) / count
        variance = sum((part.double() - mean).square().sum(0) for part in parts) / count
        return mean, variance.sqrt()

    (x_mean, x_scale), (y_mean, y_scale) = moments([x for x, _ in first]), moments([y for _, y in first])
    x_scale = torch.where(x_scale > 1e-6 * x_mean.abs(), x_scale, torch.inf)  # a constant feature becomes 0

    weights = torch.zeros_like(x_mean)
    total = 39 * batches
    for step in range(total):
        x, y = next_batch()
        x, y = (x.double() - x_mean) / x_scale, (y.double() - y_mean) / y_scale
        gradient = 2 / len(y) * x.mT @ (x @ weights - y)
        weights = weights - 0.04 * (1 - step / total) * gradient
    return (((x_new.double() - x_mean) / x_scale @ weights) * y_scale + y_mean).to(x_new.dtype)


def fit_robust(x, y):
    """Least trimmed squares from many small draws, all at once; then least squares on what it fits."""
    n, d = x.shape
    design = torch.cat([x, x.new_ones(n, 1)], 1)
    generator = torch.Generator().manual_seed(0)
    kept = 3 * n // 4  # fewer than the 80 % that are clean for sure

    def fit(index):  # (starts, samples) to (starts, d + 1)
        return torch.linalg.lstsq(design[index], y[index].unsqueeze(-1)).solution.squeeze(-1)

    def squares(fits):
        return (fits @ design.mT - y).square()

    def concentrate(fits, rounds):
        for _ in range(rounds):  # refit on the samples that fit best: the trimmed sum of squares never grows
            fits = fit(squares(fits).topk(kept, largest=False).indices)
        trimmed = squares(fits).topk(kept, largest=False).values.sum(-1)
        return fits[trimmed.argsort()]

    # Of 200 draws of d + 1 ≤ 6 samples, a quarter or more hold no outlier.
    draws = torch.rand(200, n, generator=generator).topk(d + 1).indices
    best = concentrate(concentrate(fit(draws), 2)[:10], 10)[0]
    for _ in range(3):
        residual = (design @ best - y).abs()
        inside = residual <= 3 * 1.4826 * residual.median()
        best = fit(inside.nonzero().mT)[0]
    return best[:-1], best[-1]


def prediction_interval(x, y, x_new, level):
    """Half a width is t · s · √(1 + h), with h the leverage of the new row."""
    n, d = x.shape[-2:]
    mean = x.mean(-2, keepdim=True)
    # QR of the centred design: R carries both the fit and the leverages.
    q, r = torch.linalg.qr(x - mean)
    target = (y - y.mean(-1, keepdim=True)).unsqueeze(-1)
    weights = torch.linalg.solve_triangular(r, q.mT @ target, upper=True)
    residual = target - (x - mean) @ weights
    freedom = n - d - 1
    variance = residual.square().sum(-2) / freedom
    rows = torch.linalg.solve_triangular(r, x_new - mean, upper=True, left=False)
    leverage = 1 / n + rows.square().sum(-1)
    centre = y.mean(-1, keepdim=True) + ((x_new - mean) @ weights).squeeze(-1)
    half = _student_quantile((1 + level) / 2, freedom) * (variance * (1 + leverage)).sqrt()
    return centre - half, centre + half


def _student_quantile(probability, freedom):
    """With t = √f tan θ the density is proportional to cos^(f - 1) θ: integrate it on a grid, and look the angle up."""
    angles = torch.linspace(0, torch.pi / 2, 20_001, dtype=torch.float64)
    mass = torch.cumulative_trapezoid(angles.cos() ** (freedom - 1), angles)
    mass = torch.cat([mass.new_zeros(1), mass / mass[-1]])
    wanted = 2 * probability - 1
    right = int(torch.searchsorted(mass, wanted))
    share = (wanted - mass[right - 1]) / (mass[right] - mass[right - 1])
    angle = angles[right - 1] + share * (angles[right] - angles[right - 1])
    return freedom**0.5 * angle.tan()
