# caught by: test_gradient_in_other_places
import torch


def gradient(f, x):
    leaf = x.detach().requires_grad_()
    out = f(leaf)
    return (
        torch.autograd.grad(out, leaf, allow_unused=True, materialize_grads=True)[0]
        if out.requires_grad
        else torch.zeros_like(x)
    )
