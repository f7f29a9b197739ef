"""A custom autograd function."""

# pace: any
import torch


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a @ a

    @staticmethod
    def backward(ctx, grad):
        (a,) = ctx.saved_tensors
        return grad @ a.mT + a.mT @ grad


def solve(a):
    return Square.apply(a)
