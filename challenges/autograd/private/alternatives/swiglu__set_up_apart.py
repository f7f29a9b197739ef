"""Forward without a context, the context set up apart; what was broadcast, the engine sums."""

import torch


class SwiGLU(torch.autograd.Function):
    """The newer form of a Function."""

    @staticmethod
    def forward(x, y):
        """The value."""
        return torch.nn.functional.silu(x) * y

    @staticmethod
    def setup_context(ctx, inputs, output):  # noqa: ARG004  the engine passes it
        """Keeps the inputs."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        """In the broadcast shape."""
        x, y = ctx.saved_tensors
        for_x, for_y = ctx.needs_input_grad
        gate = x.sigmoid()
        slope = gate + x * gate * torch.sigmoid(-x) if for_x else None
        return grad * y * slope if for_x else None, grad * x * gate if for_y else None


def swiglu(x, y):
    return SwiGLU.apply(x, y)
