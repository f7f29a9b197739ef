# caught by: test_gradient_does_not_accumulate
import torch


def gradient(f, x, _right=gradient):
    out = _right(f, x)
    return out if not x.is_leaf or x.grad is None else out + x.grad
