# caught by: test_steps_with_an_old_gradient
import torch


def update_step(loss_of, params, velocities, lr, momentum):
    loss = loss_of(params)
    loss.backward()
    with torch.no_grad():
        for p, v in zip(params, velocities):
            if p.grad is not None:
                v.mul_(momentum).add_(p.grad)
                p.sub_(lr * v)
                p.grad = None
    return loss.detach()
