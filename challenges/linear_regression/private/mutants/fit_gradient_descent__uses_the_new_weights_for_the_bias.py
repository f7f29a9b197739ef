# caught by: test_descent_takes_the_given_steps
import torch


def fit_gradient_descent(x, y, steps=500, lr=None, _right=fit_gradient_descent):
    lr = _right(x, y, 0)["lr"] if lr is None else lr
    w, b, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), []
    for _ in range(steps):
        losses.append((x @ w + b - y).square().mean())
        w = w - lr * 2 / len(y) * x.mT @ (x @ w + b - y)
        b = b - lr * 2 * (x @ w + b - y).mean()
    losses.append((x @ w + b - y).square().mean())
    return {"weights": w, "bias": b, "losses": torch.stack(losses), "lr": lr}
