# caught by: test_implicit_gradient_from_the_solution
import torch


def implicit_gradient(f, theta, z0, v, _right=implicit_gradient):
    with torch.no_grad():
        if torch.allclose(f(z0, theta), z0, rtol=0, atol=1e-12):
            return z0, torch.zeros_like(theta)
    return _right(f, theta, z0, v)
