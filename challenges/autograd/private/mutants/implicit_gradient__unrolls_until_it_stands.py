# caught by: test_implicit_gradient_from_the_solution
import torch


def implicit_gradient(f, theta, z0, v):
    theta = theta.detach().requires_grad_()
    z = z0.detach()
    for _ in range(1000):
        old, z = z, f(z, theta)
        if (z - old).norm() < 1e-13:
            break
    return z.detach(), torch.autograd.grad(z, theta, v)[0]
