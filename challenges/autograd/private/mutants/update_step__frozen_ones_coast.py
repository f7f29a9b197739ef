# caught by: test_steps_with_a_frozen_parameter
import torch


def update_step(loss_of, params, velocities, lr, momentum, _right=update_step):
    loss = _right(loss_of, params, velocities, lr, momentum)
    with torch.no_grad():
        for p, v in zip(params, velocities):
            if not p.requires_grad:
                v.mul_(momentum)
    return loss
