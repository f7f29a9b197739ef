# caught by: test_gradient_does_not_accumulate
import torch


def gradient(f, x, _right=gradient):
    if not (x.is_leaf and torch.is_grad_enabled()):
        return _right(f, x)
    needed = x.requires_grad
    f(x.requires_grad_()).backward()
    out = x.grad.clone()
    if not needed:
        x.requires_grad_(False)
        x.grad = None
    return out
