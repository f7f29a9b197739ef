"""One directional derivative for each element, in forward mode: slow, and exact."""

import torch
from torch.autograd import forward_ad


def gradient(f, x):
    point = x.detach()
    slopes = []
    for direction in torch.eye(point.numel(), dtype=point.dtype):
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(point, direction.view_as(point))
            tangent = forward_ad.unpack_dual(f(dual)).tangent
            slopes.append(point.new_zeros(()) if tangent is None else tangent.detach())
    return torch.stack(slopes).view_as(point)
