"""As many rounds as a factor of 0.95 needs; the adjoint is the series of the transposed Jacobian's powers."""

import math

import torch

_ROUNDS = math.ceil(math.log(1e-14) / math.log(0.95))


def implicit_gradient(f, theta, z0, v):
    theta, z = theta.detach(), z0.detach()
    with torch.no_grad():
        for _ in range(_ROUNDS):
            z = f(z, theta)
    _, pull = torch.func.vjp(f, z, theta)
    term = total = v
    for _ in range(_ROUNDS):
        term = pull(term)[0]
        total = total + term
    return z, pull(total)[1]
