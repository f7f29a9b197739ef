"""The loss is taken at copies of the parameters; the results are written over the originals."""

import torch


def update_step(loss_of, params, velocities, lr, momentum):
    copies = [p.detach().clone().requires_grad_(p.requires_grad) for p in params]
    loss = loss_of(copies)
    wanted = [i for i, p in enumerate(params) if p.requires_grad]
    grads = torch.autograd.grad(loss, [copies[i] for i in wanted], allow_unused=True)
    for i, g in zip(wanted, grads, strict=True):
        if g is None:
            continue
        new = momentum * velocities[i] + g
        velocities[i].copy_(new)
        params[i].detach().copy_(params[i].detach() - lr * new)
    return loss.detach().clone()
