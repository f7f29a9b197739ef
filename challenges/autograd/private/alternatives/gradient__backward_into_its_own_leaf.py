"""A backward pass that may write into a leaf of our own only; nothing times the leaf makes it take part."""

import torch


@torch.enable_grad()
def gradient(f, x):
    leaf = x.detach().clone().requires_grad_()
    (f(leaf) + (0 * leaf).sum()).backward(inputs=[leaf])
    return leaf.grad
