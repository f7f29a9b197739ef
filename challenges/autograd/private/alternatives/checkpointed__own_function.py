"""A Function that takes the segment's parameters as inputs, so that every way of asking for gradients works."""

import torch
from torch import nn


class Segment(torch.autograd.Function):
    """Layers that are computed again in the backward pass."""

    @staticmethod
    def forward(ctx, layers, x, *parameters):
        """The segment's output; nothing in here is recorded."""
        ctx.layers, ctx.random = layers, torch.get_rng_state()
        ctx.save_for_backward(x, *parameters)
        return layers(x)

    @staticmethod
    def backward(ctx, grad):
        """Gradients of the input and the parameters."""
        x, *parameters = ctx.saved_tensors
        x = x.detach().requires_grad_(ctx.needs_input_grad[1])
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.set_rng_state(ctx.random)
            out = ctx.layers(x)
        inputs = [x, *parameters]
        needs = ctx.needs_input_grad[1:]
        wanted = [t for t, need in zip(inputs, needs, strict=True) if need]
        found = iter(torch.autograd.grad(out, wanted, grad, allow_unused=True))
        return None, *(next(found) if need else None for need in needs)


def checkpointed(layers, x, segments):
    short, longer = divmod(len(layers), segments)
    rest = list(layers)
    for i in range(segments):
        count = short + (i < longer)
        part, rest = nn.Sequential(*rest[:count]), rest[count:]
        x = Segment.apply(part, x, *part.parameters())
    return x
