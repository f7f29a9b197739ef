# caught by: test_one_step
import torch


def update_step(loss_of, params, velocities, lr, momentum):
    loss = loss_of(params)
    used = [(i, p, v) for i, (p, v) in enumerate(zip(params, velocities)) if p.requires_grad]
    grads = torch.autograd.grad(loss, [p for _, p, _ in used], allow_unused=True)
    with torch.no_grad():
        for (i, p, v), g in zip(used, grads):
            if g is None:
                g = torch.zeros_like(p)
            v.mul_(momentum).add_(g)
            p.sub_(lr * v)
    return loss.detach()
