# caught by: test_steps_with_an_old_gradient
import torch


def update_step(loss_of, params, velocities, lr, momentum):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()
    loss = loss_of(params)
    loss.backward()
    with torch.no_grad():
        for p, v in zip(params, velocities):
            if p.requires_grad and p.grad is not None:
                v.mul_(momentum).add_(p.grad)
                p.sub_(lr * v)
    return loss.detach()
