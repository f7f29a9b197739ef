"""Automatic differentiation: your solution. The brief says what each function does."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

ENOUGH = 1e-14  # change of a fixed point, relative to its norm, at which iterating ends
MOST_STEPS = 5_000


def gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of f at x, in a graph of its own; f may ignore x."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        out = f(leaf)
    return _derivative(out, leaf)


def _derivative(out: Tensor, leaf: Tensor, weight: Tensor | None = None, *, graph: bool = False) -> Tensor:
    """Gradient of ⟨out, weight⟩; zeros where out does not depend on leaf."""
    if not out.requires_grad:
        return torch.zeros_like(leaf)
    (found,) = torch.autograd.grad(out, leaf, weight, allow_unused=True, create_graph=graph, retain_graph=None)
    if found is None:
        return torch.zeros_like(leaf)
    return found if graph else found.detach()


def backprop_by_hand(
    weights: list[tuple[Tensor, Tensor]], x: Tensor, y: Tensor
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Forward, keeping what each layer was given; then the error is passed back layer by layer."""
    with torch.no_grad():
        given = [x]
        for w, b in weights[:-1]:
            given.append(torch.tanh(given[-1] @ w.T + b))
        w, b = weights[-1]
        log_p = torch.log_softmax(given[-1] @ w.T + b, dim=1)
        rows = torch.arange(len(y))
        loss = -log_p[rows, y].mean()

        error = log_p.exp()
        error[rows, y] -= 1
        error /= len(y)
        grads = []
        for (w, _), h in zip(reversed(weights), reversed(given)):
            grads.append((error.T @ h, error.sum(dim=0)))
            error = (error @ w) * (1 - h * h)  # of no use below the first layer
        return loss, grads[::-1]


def update_step(
    loss_of: Callable[[list[Tensor]], Tensor],
    params: list[Tensor],
    velocities: list[Tensor],
    lr: float,
    momentum: float,
) -> Tensor:
    """Gradients come from autograd.grad, so that no .grad takes part; the update is not recorded."""
    with torch.enable_grad():
        loss = loss_of(params)
    pairs = [(p, v) for p, v in zip(params, velocities) if p.requires_grad]
    if pairs and loss.requires_grad:
        gradients = torch.autograd.grad(loss, [p for p, _ in pairs], allow_unused=True)
        with torch.no_grad():
            for (p, v), g in zip(pairs, gradients):
                if g is not None:
                    v.mul_(momentum).add_(g)
                    p.sub_(lr * v)
    return loss.detach()


class SwiGLU(torch.autograd.Function):
    """x · sigmoid(x) · y, elementwise."""

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * torch.sigmoid(x) * y

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        s = torch.sigmoid(x)
        by_x = by_y = None
        if ctx.needs_input_grad[0]:
            by_x = (grad * y * s * (1 + x * (1 - s))).sum_to_size(x.shape)
        if ctx.needs_input_grad[1]:
            by_y = (grad * x * s).sum_to_size(y.shape)
        return by_x, by_y


def swiglu(x: Tensor, y: Tensor) -> Tensor:
    """x · sigmoid(x) · y, through a Function of one's own."""
    return SwiGLU.apply(x, y)


def hessian_vector_product(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    """The gradient of ⟨∇f, v⟩."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        first = _derivative(f(leaf), leaf, graph=True)
    return _derivative(first, leaf, v)


def per_sample_gradients(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """One vectorised gradient of a single sample's loss as a function of the parameters."""
    params = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}

    def loss(params, sample, target):
        return cross_entropy(functional_call(model, params, (sample.unsqueeze(0),)), target.unsqueeze(0))

    return vmap(grad(loss), in_dims=(None, 0, 0))(params, x, y)


def implicit_gradient(
    f: Callable[[Tensor, Tensor], Tensor], theta: Tensor, z0: Tensor, v: Tensor
) -> tuple[Tensor, Tensor]:
    """Iterate without a graph; then solve u = v + (∂f/∂z)ᵀ u, a fixed point with the same rate, at z*."""
    with torch.no_grad():
        z = _iterate(lambda z: f(z, theta), z0.detach())
    point, parameter = z.detach().requires_grad_(), theta.detach().requires_grad_()
    with torch.enable_grad():
        out = f(point, parameter)
    if not out.requires_grad:
        return z, torch.zeros_like(parameter)

    def pulled_back(u):
        (found,) = torch.autograd.grad(out, point, u, retain_graph=True, allow_unused=True)
        return v if found is None else v + found

    u = _iterate(pulled_back, v.detach())
    (result,) = torch.autograd.grad(out, parameter, u, allow_unused=True)
    return z, torch.zeros_like(parameter) if result is None else result


def _iterate(step: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    for _ in range(MOST_STEPS):
        new = step(z)
        change = (new - z).norm()
        z = new
        if change <= ENOUGH * (1 + z.norm()):
            break
    return z


def checkpointed(layers: list[nn.Module], x: Tensor, segments: int) -> Tensor:
    """A non-reentrant checkpoint for each segment: it needs no input that requires a gradient."""
    length, longer = divmod(len(layers), segments)
    start = 0
    for number in range(segments):
        stop = start + length + (number < longer)
        x = checkpoint(nn.Sequential(*layers[start:stop]), x, use_reentrant=False)
        start = stop
    return x
