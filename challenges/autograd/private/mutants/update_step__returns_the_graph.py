# caught by: test_a_step_keeps_no_graph
import torch


def update_step(loss_of, params, velocities, lr, momentum):
    loss = loss_of(params)
    used = [(p, v) for p, v in zip(params, velocities) if p.requires_grad]
    grads = torch.autograd.grad(loss, [p for p, _ in used], allow_unused=True)
    for (p, v), g in zip(used, grads):
        if g is not None:
            v.mul_(momentum).add_(g)
            p.data.sub_(lr * v)
    return loss
