# caught by: test_checkpointed
import torch


class Segment(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, layer):
        ctx.layer = layer
        ctx.save_for_backward(x)
        return layer(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(ctx.layer(x), x, g)[0], None


def checkpointed(layers, x, segments):
    return Segment.apply(x, torch.nn.Sequential(*layers))
