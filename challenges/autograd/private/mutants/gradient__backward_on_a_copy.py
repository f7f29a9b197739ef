# caught by: test_gradient_leaves_everything_alone
import torch


def gradient(f, x):
    leaf = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        out = f(leaf)
        if out.requires_grad:
            out.backward()
    return torch.zeros_like(x) if leaf.grad is None else leaf.grad
