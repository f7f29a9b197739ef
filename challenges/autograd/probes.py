"""What has to happen beside the candidate's code: backward passes, modules, functions that autograd looks into.

``function``, ``contraction``, ``network`` and ``stack`` serve the judge as well.
"""

import _thread
import gc
import threading
import weakref

import torch
from torch import nn

from ptassess.probing import call_keeping_inputs, count_ops, peak_bytes, saved_bytes  # noqa: F401  checks run the first


def function(kind, coefficients):
    """A smooth function of a tensor."""
    if kind == "quadratic":
        return lambda x: (x.flatten() @ coefficients[0] @ x.flatten()) / 2 + (coefficients[1] * x.flatten()).sum()
    if kind == "quartic":
        return lambda x: (coefficients[1] * x.flatten()).square().sum().square()
    if kind == "sines":
        return lambda x: (torch.sin(coefficients[1] * x.flatten()) * x.flatten().roll(1)).sum()
    if kind == "linear":
        return lambda x: (coefficients[1] * x.flatten()).sum()
    return lambda _: coefficients[1].sum()  # constant


# -- gradient and hessian_vector_product -----------------------------------------------------------------------


def differentiate(solution, name, kind, coefficients, x, *args, history="plain"):  # noqa: PLR0913  all is passed from the judge
    """Call gradient or hessian_vector_product; look at x and at the coefficients afterwards."""
    coefficients = [c.clone().requires_grad_(history != "plain") for c in coefficients]
    grad = torch.full_like(x, 7)
    if history in {"requires", "graph"}:
        x.requires_grad_()
    leaf = x
    if history == "requires":
        x.grad = grad.clone()
    if history == "graph":
        x = x * 1
    f = function(kind, coefficients)
    with torch.set_grad_enabled(history != "no_grad"):
        out = getattr(solution, name)(f, x, *args)
    return {
        "out": out,
        "graph": isinstance(out, torch.Tensor) and out.requires_grad,
        "x": x,
        "requires": x.requires_grad,
        "grad": leaf.grad,
        "others": [c.grad for c in coefficients],
    }


def hvp_peak(solution, coefficient, x, v):
    """Bytes that hessian_vector_product holds at most."""

    def call(c, x, v):
        return solution.hessian_vector_product(function("quartic", [None, c]), x, v)

    return peak_bytes(call, coefficient, x, v)


# -- backprop_by_hand ------------------------------------------------------------------------------------------


def backprop_without_autograd(solution, weights, x, y):
    """Where autograd records nothing."""
    with torch.inference_mode():
        return solution.backprop_by_hand(weights, x, y)


def use_of_autograd(solution, weights, x, y):
    """How autograd is used, in a few words, or hidden; empty if nothing is saved for a backward pass."""
    saved, threads = [], []
    start, start_new = threading.Thread.start, _thread.start_new_thread

    def pack(tensor):
        saved.append(tensor.numel())
        return tensor

    def seen(function):
        return lambda *args, **kwargs: threads.append(1) or function(*args, **kwargs)

    # Hooks and modes are one thread's: what another one does is seen by neither.
    threading.Thread.start, _thread.start_new_thread = seen(start), seen(start_new)
    try:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            solution.backprop_by_hand(weights, x, y)
    except RuntimeError as error:
        if "saved tensor hooks" in str(error):  # torch.func refuses to run with them
            return "torch.func was used"
        raise
    finally:
        threading.Thread.start, _thread.start_new_thread = start, start_new
    return "a graph was recorded" if saved else "a thread was started" if threads else ""


# -- update_step -----------------------------------------------------------------------------------------------


def loss_of(params, a, b, flat):
    """Of a matrix, a vector and a third, which it does not use or, where it is flat, uses with a gradient of zero."""
    loss = (a @ params[0] + params[1].exp() - b).square().mean()
    return loss + (params[2] - 100).relu().sum() if flat else loss


def steps(solution, params, velocities, frozen, stale, flat, a, b, count, lr, momentum):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Several update steps; values are read through views that were made before."""
    for i, p in enumerate(params):
        p.requires_grad_(i not in frozen)
        if stale and p.requires_grad:
            p.grad = torch.ones_like(p)
    views = [p.detach() for p in params], [v.detach() for v in velocities]
    losses = []
    for _ in range(count):
        out = solution.update_step(lambda ps: loss_of(ps, a, b, flat), list(params), list(velocities), lr, momentum)
        losses.append(out.detach().clone() if isinstance(out, torch.Tensor) else out)
    return {"losses": losses, "params": views[0], "velocities": views[1]}


def kept_by_a_step(solution, params, velocities, a, b):
    """What hangs on to a graph after a step, as a list of words; and whether parameters can be trained further."""
    for p in params:
        p.requires_grad_()
    storages = []

    def loss(ps):
        hidden = a @ ps[0] + ps[1].exp() - b
        storages.append(weakref.ref(hidden.untyped_storage()))
        return hidden.square().mean()

    out = solution.update_step(loss, list(params), list(velocities), 0.1, 0.9)
    gc.collect()
    found = ["the returned loss"] if isinstance(out, torch.Tensor) and out.requires_grad else []
    found += ["a velocity"] if any(v.requires_grad for v in velocities) else []
    found += ["a parameter"] if not all(p.is_leaf for p in params) else []
    found += ["an activation"] if any(ref() is not None for ref in storages) else []
    return {"kept": found, "trainable": all(p.requires_grad for p in params)}


# -- swiglu ----------------------------------------------------------------------------------------------------


def swiglu_derivatives(solution, x, y, grad, which=(True, True), vx=None, vy=None):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Value, gradients, and gradients of <gradients, (vx, vy)> with respect to x, y and the incoming gradient."""
    x.requires_grad_(which[0])
    y.requires_grad_(which[1])
    before = grad.clone()
    grad.requires_grad_(vx is not None)
    out = solution.swiglu(x, y)
    told = {"out": out, "graph": isinstance(out, torch.Tensor) and out.requires_grad}
    if not told["graph"] or out.shape != grad.shape:
        return told
    leaves = [leaf for leaf in (x, y) if leaf.requires_grad]
    first = torch.autograd.grad(out, leaves, grad, create_graph=vx is not None)
    told |= {"first": list(first), "incoming": grad, "before": before}
    if vx is not None:
        product = (first[0] * vx).sum() + (first[1] * vy).sum()
        told["second"] = (
            list(torch.autograd.grad(product, (x, y, grad), allow_unused=True)) if product.requires_grad else [None] * 3
        )
    return told


def swiglu_saved(solution, x, y):
    """Bytes that are saved beside the inputs, and whether a Function written in Python is in the graph."""
    x.requires_grad_()
    y.requires_grad_()
    saved = saved_bytes(solution.swiglu, x, y)
    stack, own = [solution.swiglu(x, y).grad_fn], False
    while stack:
        node = stack.pop()
        if node is not None:
            own |= isinstance(node, torch.autograd.function.BackwardCFunction)
            stack += [parent for parent, _ in node.next_functions]
    return {"saved": saved, "own": own}


def swiglu_backward_ops(solution, x, y, grad):
    """Operations of the backward pass for both inputs, for x alone, and for y alone."""
    counts = []
    for needs in ((True, True), (True, False), (False, True)):
        leaves = [t.detach().requires_grad_(need) for t, need in zip((x, y), needs, strict=True)]
        out = solution.swiglu(*leaves)
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        counts.append(count_ops(torch.autograd.grad, out, wanted, grad))
    return counts


def swiglu_gradchecks(solution, x, y):
    """Torch's own comparison with finite differences, of first and second order."""
    inputs = (x.requires_grad_(), y.requires_grad_())
    return [
        torch.autograd.gradcheck(solution.swiglu, inputs, raise_exception=False),
        torch.autograd.gradgradcheck(solution.swiglu, inputs, raise_exception=False),
    ]


# -- per_sample_gradients --------------------------------------------------------------------------------------


class Twice(nn.Module):
    """One layer that is used two times."""

    def __init__(self, side):
        super().__init__()
        self.layer = nn.Linear(side, side)

    def forward(self, x):
        """Shape (n, side) in and out."""
        return self.layer(torch.tanh(self.layer(x)))


def network(kind, state=None):
    """A small model; with state, its parameters in their order."""
    if kind == "mlp":
        model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 5))
    elif kind == "convolution":
        model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.GELU(), nn.Flatten(), nn.LayerNorm(27), nn.Linear(27, 4))
    else:  # shared; its last layer is frozen
        model = nn.Sequential(Twice(6), nn.Linear(6, 4))
        model[1].requires_grad_(requires_grad=False)
    for p, value in zip(model.parameters(), state or (), strict=False):
        p.data = value.clone()
    return model


def sample_gradients(solution, kind, state, x, y):
    """Per-sample gradients, and the parameters' own .grad afterwards."""
    model = network(kind, state)
    for p in model.parameters():
        p.grad = torch.full_like(p, 7) if p.requires_grad else None
    out = solution.per_sample_gradients(model, x, y)
    return {"out": out, "grads": [p.grad for p in model.parameters()], "values": list(model.parameters())}


def sample_gradients_alone(solution, kind, state, x, y):
    """Per-sample gradients and nothing else, to be timed."""
    return solution.per_sample_gradients(network(kind, state), x, y)


def sample_gradients_ops(solution, kind, state, x, y):
    """Operations for the batch."""
    return count_ops(solution.per_sample_gradients, network(kind, state), x, y)


# -- implicit_gradient -----------------------------------------------------------------------------------------


def contraction(w, b):
    """f(z, theta) = tanh(z Wᵀ + sin(theta) · b) for z (…, n), theta (n) and b (n)."""
    return lambda z, theta: torch.tanh(z @ w.mT + torch.sin(theta) * b)


def implicit(solution, w, b, theta, z0, v, requires):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Call implicit_gradient on a theta that requires a gradient or not."""
    theta.requires_grad_(requires)
    z0.requires_grad_(requires)
    out = solution.implicit_gradient(contraction(w, b), theta, z0, v)
    return {"out": out, "grads": [theta.grad, z0.grad]}


def implicit_peak(solution, w, b, theta, z0, v):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Bytes that implicit_gradient holds at most."""

    def call(w, b, theta, z0, v):
        return solution.implicit_gradient(contraction(w, b), theta, z0, v)

    return peak_bytes(call, w, b, theta, z0, v)


# -- checkpointed ----------------------------------------------------------------------------------------------


class Counted(nn.Module):
    """A layer that counts how often it runs."""

    def __init__(self, weight, dropout):
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.dropout = dropout
        self.runs = 0

    def forward(self, x):
        """Shape (n, d) in and out."""
        self.runs += 1
        return x + nn.functional.dropout(torch.tanh(x @ self.weight), self.dropout)


def stack(weights, dropout=0.0):
    """Layers of equal width."""
    return [Counted(weight, dropout) for weight in weights]


def checkpointed_gradients(solution, weights, x, segments, grad, requires, dropout, seed, way):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Output, gradients and runs of the layers before and after the backward pass."""
    layers = stack(weights, dropout)
    x.requires_grad_(requires)
    torch.manual_seed(seed)
    out = solution.checkpointed(layers, x, segments)
    forward = [layer.runs for layer in layers]
    told = {"out": out, "graph": isinstance(out, torch.Tensor) and out.requires_grad, "forward": forward}
    if not told["graph"] or out.shape != grad.shape:
        return told
    leaves = [layer.weight for layer in layers] + ([x] if requires else [])
    if way == "grad":
        grads = list(torch.autograd.grad(out, leaves, grad, allow_unused=True))
    else:
        out.backward(grad)
        grads = [leaf.grad for leaf in leaves]
    return told | {"grads": grads, "runs": [layer.runs for layer in layers]}


def checkpointed_peak(solution, weights, x, segments):
    """Bytes that the forward pass holds at most, its output included; parameters and input not counted."""
    layers = stack(weights)
    return peak_bytes(
        lambda x, *_: solution.checkpointed(layers, x, segments),
        x.requires_grad_(),
        *(layer.weight for layer in layers),
    )
