# caught by: test_swiglu_broadcasts
import torch


class Mine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * torch.sigmoid(x) * y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        s = torch.sigmoid(x)
        gx = (g * y * s * (1 + x * (1 - s))).sum_to_size(x.shape) if ctx.needs_input_grad[0] else None
        gy = (
            (g * x * s).flatten(0, g.dim() - y.dim()).sum(0)
            if g.dim() > y.dim()
            else (g * x * s)
            if ctx.needs_input_grad[1]
            else None
        )
        return gx, gy


def swiglu(x, y):
    return Mine.apply(x, y)
