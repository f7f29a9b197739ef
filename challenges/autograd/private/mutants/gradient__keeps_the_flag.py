# caught by: test_gradient_leaves_everything_alone
import torch


def gradient(f, x, _right=gradient):
    out = _right(f, x)
    if x.is_leaf:
        x.requires_grad_()
    return out
