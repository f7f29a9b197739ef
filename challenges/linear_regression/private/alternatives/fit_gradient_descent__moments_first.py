"""The data are needed once, for their second moments; gradients and losses come from these."""

import torch


def fit_gradient_descent(x, y, steps=500, lr=None):
    n = y.numel()
    design = torch.column_stack((torch.ones_like(y), x))
    hessian = design.T @ design * 2 / n
    slope = design.T @ y * 2 / n
    if lr is None:
        values = torch.linalg.eigvalsh(hessian).tolist()
        lr = 2 / (values[0] + values[-1])
    point = slope.new_zeros(slope.shape)
    path = [point]
    for _ in range(steps):
        point = point - lr * (hessian @ point - slope)
        path.append(point)
    losses = [(design @ p - y).square().mean().item() for p in path]
    return {"weights": point[1:], "bias": point[0], "losses": torch.tensor(losses, dtype=y.dtype), "lr": lr}
