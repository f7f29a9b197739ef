# caught by: test_implicit_gradient
import torch


def implicit_gradient(f, theta, z0, v):
    theta = theta.detach().requires_grad_()
    z = z0.detach()
    with torch.no_grad():
        for _ in range(800):
            z = f(z, theta)
    z = z.detach().requires_grad_()
    with torch.enable_grad():
        out = f(z, theta)
    u = v
    for _ in range(800):
        u = v + torch.autograd.grad(out, z, u, retain_graph=True)[0]
    return z.detach(), torch.autograd.grad(out, theta, v)[0]
