"""The gradient of one parameter after the other, and changes through .data, as it was done once."""

import torch


def update_step(loss_of, params, velocities, lr, momentum):
    loss = loss_of(params)
    grads = [
        torch.autograd.grad(loss, p, retain_graph=True, allow_unused=True)[0] if p.requires_grad else None
        for p in params
    ]
    for p, v, g in zip(params, velocities, grads, strict=True):
        if g is not None:
            v.data.mul_(momentum).add_(g)
            p.data.sub_(v.data, alpha=lr)
    return torch.tensor(loss.item(), dtype=loss.dtype)
