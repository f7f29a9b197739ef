"""The slope in the direction of v through a dual number, and its gradient by autograd."""

import torch
from torch.autograd import forward_ad


def hessian_vector_product(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    with forward_ad.dual_level():
        slope = forward_ad.unpack_dual(f(forward_ad.make_dual(leaf, v))).tangent
    if slope is None or not slope.requires_grad:
        return torch.zeros_like(v)
    return torch.autograd.grad(slope, leaf, allow_unused=True, materialize_grads=True)[0]
