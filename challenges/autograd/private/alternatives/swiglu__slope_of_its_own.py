"""The slope of the gate is a Function of its own, whose derivative was written by hand as well."""

import torch


class _Slope(torch.autograd.Function):
    """The derivative of x · sigmoid(x)."""

    @staticmethod
    def forward(ctx, x):
        """The slope."""
        ctx.save_for_backward(x)
        s = x.sigmoid()
        return s * (1 + x * (1 - s))

    @staticmethod
    def backward(ctx, grad):
        """The curvature."""
        (x,) = ctx.saved_tensors
        s = x.sigmoid()
        return grad * s * (1 - s) * (2 + x * (1 - 2 * s))


class SwiGLU(torch.autograd.Function):
    """Asks for the slope where x needs a gradient."""

    @staticmethod
    def forward(ctx, x, y):
        """The value."""
        ctx.save_for_backward(x, y)
        return torch.nn.functional.silu(x).mul(y)

    @staticmethod
    def backward(ctx, grad):
        """Summed by hand over what was broadcast."""
        x, y = ctx.saved_tensors
        for_x, for_y = ctx.needs_input_grad
        return (
            _sum_like(grad * y * _Slope.apply(x), x) if for_x else None,
            _sum_like(grad * x * x.sigmoid(), y) if for_y else None,
        )


def _sum_like(grad, like):
    new = grad.dim() - like.dim()
    if new:
        grad = grad.sum(tuple(range(new)))
    stretched = tuple(i for i, side in enumerate(like.shape) if side != grad.shape[i])
    return grad.sum(stretched, keepdim=True) if stretched else grad


def swiglu(x, y):
    return SwiGLU.apply(x, y)
