# caught by: test_descent_without_autograd
import torch


def fit_gradient_descent(x, y, steps=500, lr=None, _right=fit_gradient_descent):
    lr = _right(x, y, 0)["lr"] if lr is None else lr
    w, b, losses = x.new_zeros(x.shape[1], requires_grad=True), x.new_zeros((), requires_grad=True), []
    for _ in range(steps):
        loss = (x @ w + b - y).square().mean()
        losses.append(loss.detach())
        gw, gb = torch.autograd.grad(loss, (w, b))
        w, b = (w - lr * gw).detach().requires_grad_(), (b - lr * gb).detach().requires_grad_()
    losses.append((x @ w + b - y).square().mean().detach())
    return {"weights": w.detach(), "bias": b.detach(), "losses": torch.stack(losses), "lr": lr}
