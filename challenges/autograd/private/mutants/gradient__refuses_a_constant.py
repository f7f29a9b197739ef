# caught by: test_gradient_of_a_constant
import torch


def gradient(f, x):
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(f(leaf), leaf)[0]
