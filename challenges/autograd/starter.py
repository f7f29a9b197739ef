"""Automatic differentiation: your solution. The brief says what each function does; replace each `raise`."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of a function.

    Args:
        f: from a tensor of x's shape to a tensor of shape ().
        x: floating point, any shape; may require a gradient or not, may have a .grad, may be part of a graph.

    Returns:
        Shape and dtype of x; carries no graph.
    """
    raise NotImplementedError


def backprop_by_hand(
    weights: list[tuple[Tensor, Tensor]], x: Tensor, y: Tensor
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Mean cross-entropy of a tanh network, and its gradients by the chain rule.

    Args:
        weights: a pair for each layer: a weight (fan_out, fan_in) and a bias (fan_out).
        x: shape (n, fan_in of the first layer).
        y: shape (n), int64, classes.

    Returns:
        The loss, shape (), and a pair of gradients for each layer in the order of weights.
    """
    raise NotImplementedError


def update_step(
    loss_of: Callable[[list[Tensor]], Tensor],
    params: list[Tensor],
    velocities: list[Tensor],
    lr: float,
    momentum: float,
) -> Tensor:
    """One step of gradient descent with momentum; parameters and velocities are changed in place.

    Args:
        loss_of: from the list of parameters to a tensor of shape ().
        params: leaves of any shapes; some may require no gradient.
        velocities: a tensor for each parameter, of its shape.
        lr: step size.
        momentum: share of the velocity that is kept.

    Returns:
        The loss before the step, shape (); carries no graph.
    """
    raise NotImplementedError


class SwiGLU(torch.autograd.Function):
    """x · sigmoid(x) · y, elementwise; forward and backward are yours, also their arguments."""

    @staticmethod
    def forward(ctx, x, y):
        raise NotImplementedError

    @staticmethod
    def backward(ctx, grad):
        raise NotImplementedError


def swiglu(x: Tensor, y: Tensor) -> Tensor:
    """x · sigmoid(x) · y, through a Function of your own.

    Args:
        x: floating point, any shape.
        y: same dtype, a shape that broadcasts against x's.

    Returns:
        The broadcast shape, same dtype.
    """
    return SwiGLU.apply(x, y)


def hessian_vector_product(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    """The Hessian of a function times a vector, without the Hessian.

    Args:
        f: from a tensor of x's shape to a tensor of shape ().
        x: floating point, any shape.
        v: shape and dtype of x.

    Returns:
        Shape and dtype of x.
    """
    raise NotImplementedError


def per_sample_gradients(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The gradients of every sample's cross-entropy.

    Args:
        model: from (n, …) to logits (n, classes).
        x: shape (n, …).
        y: shape (n), int64, classes.

    Returns:
        For the name of each parameter that requires a gradient, a tensor (n, *shape of the parameter).
    """
    raise NotImplementedError


def implicit_gradient(
    f: Callable[[Tensor, Tensor], Tensor], theta: Tensor, z0: Tensor, v: Tensor
) -> tuple[Tensor, Tensor]:
    """The fixed point z* = f(z*, theta), and the gradient of Σ v · z* with respect to theta.

    Args:
        f: (z, theta) to a tensor of z's shape; a contraction in z with a factor of at most 0.95.
        theta: float64, any shape.
        z0: where to start, float64, any shape.
        v: shape of z0, float64.

    Returns:
        z*, shape of z0, and the gradient, shape of theta.
    """
    raise NotImplementedError


def checkpointed(layers: list[nn.Module], x: Tensor, segments: int) -> Tensor:
    """The output of layers one after the other; of each segment only its input is kept for the backward pass.

    Args:
        layers: modules from one tensor to one tensor.
        x: what the first layer takes; may require a gradient or not.
        segments: 1 ≤ segments ≤ len(layers).

    Returns:
        The output of the last layer, ready for a backward pass.
    """
    raise NotImplementedError
