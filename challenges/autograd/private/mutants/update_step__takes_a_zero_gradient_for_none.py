# caught by: test_steps_where_a_gradient_is_zero
import torch


def update_step(loss_of, params, velocities, lr, momentum):
    loss = loss_of(params)
    used = [(p, v) for p, v in zip(params, velocities) if p.requires_grad]
    grads = torch.autograd.grad(loss, [p for p, _ in used], allow_unused=True, materialize_grads=True)
    with torch.no_grad():
        for (p, v), g in zip(used, grads):
            if g.any():
                v.mul_(momentum).add_(g)
                p.sub_(lr * v)
    return loss.detach()
