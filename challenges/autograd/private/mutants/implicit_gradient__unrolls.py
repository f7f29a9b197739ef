# caught by: test_implicit_gradient_needs_little_memory
import torch


def implicit_gradient(f, theta, z0, v):
    theta = theta.detach().requires_grad_()
    z = z0.detach()
    for i in range(1000):
        old, z = z, f(z, theta)
        if i > 300 and (z - old).norm() < 1e-13:
            break
    for _ in range(i):
        z = f(z, theta)
    return z.detach(), torch.autograd.grad(z, theta, v)[0]
