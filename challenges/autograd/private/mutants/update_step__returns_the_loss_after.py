# caught by: test_one_step
import torch


def update_step(loss_of, params, velocities, lr, momentum, _right=update_step):
    _right(loss_of, params, velocities, lr, momentum)
    return loss_of(params).detach()
