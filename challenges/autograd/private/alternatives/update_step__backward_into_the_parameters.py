"""A backward pass into the parameters that are trained, whose old gradients are thrown away first."""

import torch


def update_step(loss_of, params, velocities, lr, momentum):
    trained = [p for p in params if p.requires_grad]
    for p in trained:
        p.grad = None
    loss = loss_of(params)
    loss.backward(inputs=trained)
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.requires_grad and p.grad is not None:
                v.mul_(momentum).add_(p.grad)
                p.sub_(lr * v)
                p.grad = None
    return loss.detach()
