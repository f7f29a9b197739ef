"""Plain SGD of torch.optim, which is handed gradients that were written by hand."""

import torch


def fit_gradient_descent(x, y, steps=500, lr=None):
    n, d = x.shape
    weights, bias = torch.zeros(d, dtype=x.dtype), torch.zeros((), dtype=x.dtype)
    if lr is None:
        lr = 1 / (1.02 * largest_curvature(x))
    optimiser = torch.optim.SGD([weights, bias], lr=lr)
    losses = []
    for step in range(steps + 1):
        errors = x.matmul(weights).add(bias).sub(y)
        losses.append(errors.dot(errors) / n)
        if step < steps:
            weights.grad, bias.grad = 2 * errors @ x / n, 2 * errors.sum() / n
            optimiser.step()
    return {"lr": lr, "losses": torch.stack(losses), "bias": bias, "weights": weights}


def largest_curvature(x):
    """The Hessian's largest eigenvalue, by power iteration with the data."""
    direction = torch.randn(x.shape[1] + 1, dtype=x.dtype)
    for _ in range(300):
        image = x @ direction[1:] + direction[0]
        direction = torch.cat([image.sum().reshape(1), image @ x]) * 2 / len(x)
        size = direction.norm()
        direction = direction / size
    return size.item()
