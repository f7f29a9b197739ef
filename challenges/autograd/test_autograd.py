"""Public checks: expected values come from torch's own derivatives of the plain formula, and from mathematics."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from ptassess.checking import assert_close, assert_within, require_tensor

# Relative and absolute errors that are allowed. The reference's own largest errors, over 100 seeds, are in brackets.
EXACT = {"rtol": 1e-11, "atol": 1e-11}  # float64 (6e-16); the best finite differences are off by 1e-10
SINGLE = {"rtol": 1e-5, "atol": 1e-5}  # float32 (2e-7)


def normal(rng, *shape, dtype=torch.float64):
    return torch.randn(shape, generator=rng, dtype=dtype)


def sequence(value, length, msg):
    """The value, if it is a tuple or list of that length."""
    assert isinstance(value, (tuple, list)), f"{msg}, not a {type(value).__name__}"
    assert len(value) == length, f"{msg}: expected {length} items, got {len(value)}"
    return value


def check_relative(actual, expected, msg):
    """The brief's promise, in the 2-norm; the reference has 4e-16 for products, 4e-13 for the implicit."""
    require_tensor(actual, shape=tuple(expected.shape), dtype=expected.dtype, msg=msg)
    error = (torch.linalg.vector_norm(actual - expected) / torch.linalg.vector_norm(expected)).item()
    assert_within(error, 1e-8, "the relative error in the 2-norm", msg=msg)


# -- gradient --------------------------------------------------------------------------------------------------


def drawn_function(rng, *shape, dtype=torch.float64):
    """Coefficients of the probes' functions, and a point."""
    x = normal(rng, *shape, dtype=dtype)
    n = x.numel()
    return [normal(rng, n, n, dtype=dtype), normal(rng, n, dtype=dtype)], x


def true_gradient(probes, kind, coefficients, x):
    leaf = x.detach().double().requires_grad_()
    (grad,) = torch.autograd.grad(probes.function(kind, [c.double() for c in coefficients])(leaf), leaf)
    return grad.to(x.dtype)


def check_untouched(told, x, *, grad):
    """Nothing of x has changed: its values, requires_grad and .grad; the coefficients got no .grad."""
    assert_close(told["x"], x, rtol=0, atol=0, msg="x was changed in place")
    assert told["requires"] == grad, "x.requires_grad was changed"
    if grad:
        assert_close(told["grad"], torch.full_like(x, 7), rtol=0, atol=0, msg="x.grad was changed")
    else:
        assert told["grad"] is None, "x got a .grad that it did not have"
    assert all(c is None for c in told["others"]), "a tensor that f uses got a .grad: ask for x's gradient only"


@pytest.mark.task("gradient")
@pytest.mark.parametrize("kind", ["quadratic", "quartic", "sines"])
def test_gradient(solution, probes, rng, draw, kind):
    """The gradient of a function of a matrix."""
    coefficients, x = drawn_function(rng, draw.randint(2, 4), draw.randint(2, 4))
    told = solution.run(probes.differentiate, "gradient", kind, coefficients, x)
    msg = f"the gradient of a {kind} differs"
    assert_close(told["out"], true_gradient(probes, kind, coefficients, x), **EXACT, msg=msg)


@pytest.mark.task("gradient", weight=3)
def test_gradient_does_not_accumulate(solution, probes, rng, draw):
    """An x that requires a gradient and already has one."""
    coefficients, x = drawn_function(rng, draw.randint(3, 9))
    told = solution.run(probes.differentiate, "gradient", "sines", coefficients, x, history="requires")
    msg = "a .grad that was there before must not count"
    assert_close(told["out"], true_gradient(probes, "sines", coefficients, x), **EXACT, msg=msg)


@pytest.mark.task("gradient", role="property", advisory=True)
@pytest.mark.parametrize("history", ["plain", "requires"])
def test_gradient_leaves_everything_alone(solution, probes, rng, draw, history):
    """Neither x nor what f uses is changed, and the result carries no graph."""
    coefficients, x = drawn_function(rng, draw.randint(3, 9))
    told = solution.run(probes.differentiate, "gradient", "quadratic", coefficients, x, history=history)
    check_untouched(told, x, grad=history == "requires")
    assert not told["graph"], "the result requires a gradient: detach it"


@pytest.mark.task("gradient", role="property", advisory=False)
@pytest.mark.parametrize("history", ["plain", "requires"])
def test_gradient_of_a_constant(solution, probes, rng, history):
    """A function that ignores x has the gradient zero."""
    coefficients, x = drawn_function(rng, 4)
    told = solution.run(probes.differentiate, "gradient", "constant", coefficients, x, history=history)
    assert_close(told["out"], torch.zeros_like(x), rtol=0, atol=0, msg="f ignores x: its gradient is zero")


# -- backprop_by_hand ------------------------------------------------------------------------------------------


def mlp(rng, sizes, n, scale=1.0, dtype=torch.float64):
    """Weights of layers of the given sizes, samples and classes."""
    weights = [
        (scale * normal(rng, out, into, dtype=dtype) / into**0.5, normal(rng, out, dtype=dtype))
        for into, out in pairwise(sizes)
    ]
    return weights, normal(rng, n, sizes[0], dtype=dtype), torch.randint(sizes[-1], (n,), generator=rng)


def check_backprop(solution, probes, weights, x, y, tolerance):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Loss and gradients, where autograd records nothing, against autograd in float64."""
    out = solution.run(probes.backprop_without_autograd, weights, x, y)
    loss, grads = sequence(out, 2, "return (loss, grads)")
    leaves = [t.double().requires_grad_() for pair in weights for t in pair]
    h = x.double()
    for i in range(0, len(leaves), 2):
        h = nn.functional.linear(torch.tanh(h) if i else h, leaves[i], leaves[i + 1])
    expected = nn.functional.cross_entropy(h, y)
    assert_close(loss, expected.detach().to(x.dtype), **tolerance, msg="the loss is the mean cross-entropy")
    sequence(grads, len(weights), "grads has a pair for each layer")
    flat = [g for pair in grads for g in sequence(pair, 2, "a pair of gradients for each layer")]
    for i, (g, e) in enumerate(zip(flat, torch.autograd.grad(expected, leaves), strict=True)):
        msg = f"the gradient of the {'bias' if i % 2 else 'weight'} of layer {i // 2} of {len(weights)} differs"
        assert_close(g, e.to(x.dtype), **tolerance, msg=msg)


@pytest.mark.task("backprop_by_hand", weight=3)
def test_backprop_of_one_hidden_layer(solution, probes, rng, draw):
    """Two layers, under inference mode."""
    sizes = draw.sample(range(3, 9), 3)
    check_backprop(solution, probes, *mlp(rng, sizes, draw.randint(10, 15)), EXACT)


@pytest.mark.task("backprop_by_hand", weight=3)
def test_backprop_of_a_deep_network(solution, probes, rng, draw):
    """Four layers of different widths."""
    sizes = draw.sample(range(3, 11), 5)
    check_backprop(solution, probes, *mlp(rng, sizes, draw.randint(12, 15)), EXACT)


@pytest.mark.task("backprop_by_hand", role="property", advisory=True)
def test_backprop_uses_no_autograd(solution, probes, rng):
    """Nothing is saved for a backward pass."""
    used = solution.run(probes.use_of_autograd, *mlp(rng, (4, 5, 3), 6))
    assert not used, f"{used}: write the backward pass by hand"


# -- update_step -----------------------------------------------------------------------------------------------


def problem(rng, draw, dtype=torch.float64):
    """Parameters (the loss ignores the third), velocities, data."""
    n, d, k = draw.sample(range(4, 10), 3)
    shapes = ((d, k), (k,), (3,))
    params = [normal(rng, *shape, dtype=dtype) / 2 for shape in shapes]
    velocities = [normal(rng, *shape, dtype=dtype) / 10 for shape in shapes]
    return params, velocities, normal(rng, n, d, dtype=dtype) / 2, normal(rng, n, k, dtype=dtype)


def check_steps(  # noqa: PLR0913, PLR0917  what a run of steps needs
    solution, probes, drawn, count, lr, momentum, *, frozen=(), stale=False, flat=False, tolerance=EXACT
):
    """Losses, parameters and velocities after some steps, against the formulas in float64."""
    params, velocities, a, b = drawn
    told = solution.run(
        probes.steps, params, velocities, list(frozen), stale, flat, a, b, count, float(lr), float(momentum)
    )
    params = [p.double().requires_grad_(i not in frozen) for i, p in enumerate(params)]
    velocities = [v.double() for v in velocities]
    for i in range(count):
        loss = probes.loss_of(params, a.double(), b.double(), flat)
        msg = f"the loss of step {i + 1} differs"
        msg += (
            ": the steps before it changed the parameters in another way" if i else ": return the loss before the step"
        )
        assert_close(told["losses"][i], loss.detach().to(a.dtype), **tolerance, msg=msg)
        trained = [j for j in range(3 if flat else 2) if j not in frozen]
        for j, g in zip(trained, torch.autograd.grad(loss, [params[j] for j in trained]), strict=True):
            velocities[j] = momentum * velocities[j] + g
            params[j] = (params[j].detach() - lr * velocities[j]).requires_grad_()
    for i, (p, v) in enumerate(zip(params, velocities, strict=True)):
        what = (
            "requires no gradient" if i in frozen else "the loss does not use" if i > 1 and not flat else "is trained"
        )
        where = f"of parameter {i}, which {what}, differs after step {count}"
        where += "" if "trained" not in what else ": were the tensors in the lists changed in place, not replaced?"
        assert_close(told["params"][i], p.detach().to(a.dtype), **tolerance, msg=f"the value {where}")
        assert_close(told["velocities"][i], v.to(a.dtype), **tolerance, msg=f"the velocity {where}")


@pytest.mark.task("update_step")
def test_one_step(solution, probes, rng, draw):
    """One step without momentum; the loss does not use one of the parameters."""
    check_steps(solution, probes, problem(rng, draw), 1, draw.choice([0.05, 0.1, 0.2]), 0)


@pytest.mark.task("update_step", weight=4)
def test_steps_with_momentum(solution, probes, rng, draw):
    """Several steps with momentum; the loss does not use one of the parameters."""
    check_steps(solution, probes, problem(rng, draw), draw.randint(4, 7), 0.1, draw.choice([0.5, 0.8, 0.9]))


@pytest.mark.task("update_step", weight=2, role="property", advisory=True)
def test_a_step_keeps_no_graph(solution, probes, rng, draw):
    """What the forward pass saved is freed, and the parameters can be trained further."""
    params, velocities, a, b = problem(rng, draw)
    told = solution.run(probes.kept_by_a_step, params[:2], velocities[:2], a, b)
    assert not told["kept"], f"a graph is kept by {', '.join(told['kept'])}"
    assert told["trainable"], "a parameter does not require a gradient any more"


# -- swiglu ----------------------------------------------------------------------------------------------------


def plain_swiglu(x, y):
    return nn.functional.silu(x) * y


def first_of(told, count):
    """The gradients that a probe brought back."""
    assert told["graph"], "the result carries no graph: return what Function.apply returns"
    assert "first" in told, f"the result has shape {tuple(told['out'].shape)}; it is x's and y's broadcast shape"
    return sequence(told["first"], count, "a gradient for each input that requires one")


def check_swiglu(solution, probes, x, y, grad, which=(True, True), tolerance=EXACT):  # noqa: PLR0913, PLR0917  ditto
    """The gradients of those inputs that need one."""
    told = solution.run(probes.swiglu_derivatives, x, y, grad, list(which))
    leaves = [t.double().requires_grad_(need) for t, need in zip((x, y), which, strict=True)]
    out = plain_swiglu(*leaves)
    assert_close(told["out"], out.detach().to(x.dtype), **tolerance, msg="x · sigmoid(x) · y")
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    names = [name for name, need in zip("xy", which, strict=True) if need]
    expected = torch.autograd.grad(out, wanted, grad.double())
    for name, g, e in zip(names, first_of(told, len(wanted)), expected, strict=True):
        assert_close(g, e.to(x.dtype), **tolerance, msg=f"the gradient of {name} differs")
    return told


@pytest.mark.task("swiglu")
def test_swiglu(solution, rng, draw):
    """The value."""
    x, y = normal(rng, draw.randint(3, 8), 5), normal(rng, 5)
    assert_close(solution.swiglu(x, y), plain_swiglu(x, y), **EXACT, msg="x · sigmoid(x) · y")


@pytest.mark.task("swiglu", weight=6)
def test_swiglu_gradients(solution, probes, rng, draw):
    """The gradients of both inputs, for an incoming gradient that is not one."""
    shape = draw.randint(3, 6), draw.randint(3, 6)
    check_swiglu(solution, probes, *(normal(rng, *shape) for _ in range(3)))


@pytest.mark.task("swiglu", weight=4)
def test_swiglu_second_derivatives(solution, probes, rng, draw):
    """The gradients can be differentiated again, with respect to the inputs and to the incoming gradient."""
    n = draw.randint(3, 6)
    x, y, grad, vx, vy = (normal(rng, n, 4) for _ in range(5))
    told = solution.run(probes.swiglu_derivatives, x, y, grad, vx=vx, vy=vy)
    first = first_of(told, 2)
    leaves = [t.requires_grad_() for t in (x, y, grad)]
    gx, gy = torch.autograd.grad(plain_swiglu(x, y), (x, y), grad, create_graph=True)
    for name, g, e in zip("xy", first, (gx, gy), strict=True):
        assert_close(
            g, e.detach(), **EXACT, msg=f"put the first derivative right before the second: that of {name} differs"
        )
    expected = torch.autograd.grad((gx * vx).sum() + (gy * vy).sum(), leaves)
    for name, s, e in zip(("x", "y", "the incoming gradient"), told["second"], expected, strict=True):
        msg = f"the second derivative through {name} differs: build backward from differentiable operations"
        assert_close(s, e, **EXACT, msg=msg)


@pytest.mark.task("swiglu", weight=2, role="property", advisory=True)
def test_swiglu_saves_its_inputs_only(solution, probes, rng, evidence, credit):
    """A Function of one's own, which saves its two inputs and nothing else."""
    x, y = normal(rng, 30, 20), normal(rng, 30, 20)
    told = solution.run(probes.swiglu_saved, x, y)
    extra = told["saved"] / (x.numel() * 8)
    evidence["saved tensors beside the inputs"] = extra
    assert told["own"], "no torch.autograd.Function of your own is in the graph"
    assert extra <= 1, f"{extra:g} tensors are saved beside the inputs: compute them again in backward"
    if extra > 0:
        credit(0.5, f"{extra:g} tensors are saved beside the inputs; without it this check has all its points")


@pytest.mark.task("swiglu", role="property", advisory=True)
def test_swiglu_skips_what_nobody_needs(solution, probes, rng, evidence):
    """The backward pass for one input takes fewer operations than for both."""
    both, for_x, for_y = solution.run(probes.swiglu_backward_ops, *(normal(rng, 4, 5) for _ in range(3)))
    evidence["operations for both, x, y"] = [both, for_x, for_y]
    assert for_x < both, f"x alone takes {for_x} operations, both take {both}: look at ctx.needs_input_grad"
    assert for_y < both, f"y alone takes {for_y} operations, both take {both}: look at ctx.needs_input_grad"


# -- hessian_vector_product ------------------------------------------------------------------------------------


def true_product(probes, kind, coefficients, x, v):
    """Through the whole Hessian, in float64."""
    f = probes.function(kind, [c.double() for c in coefficients])
    n = x.numel()
    hessian = torch.autograd.functional.hessian(f, x.detach().double()).reshape(n, n)
    return (hessian @ v.double().flatten()).reshape(x.shape).to(x.dtype)


@pytest.mark.task("hessian_vector_product", weight=3)
@pytest.mark.parametrize("kind", ["quadratic", "sines"])
def test_hessian_vector_product(solution, probes, rng, draw, kind):
    """The product for functions of a vector."""
    coefficients, x = drawn_function(rng, draw.randint(4, 9))
    v = normal(rng, *x.shape)
    told = solution.run(probes.differentiate, "hessian_vector_product", kind, coefficients, x, v)
    msg = f"the Hessian of a {kind} times v differs"
    check_relative(told["out"], true_product(probes, kind, coefficients, x, v), msg)


@pytest.mark.task("hessian_vector_product", role="property", advisory=True)
def test_hessian_vector_product_leaves_x_alone(solution, probes, rng):
    """An x that requires a gradient and has one."""
    coefficients, x = drawn_function(rng, 5)
    told = solution.run(
        probes.differentiate, "hessian_vector_product", "quartic", coefficients, x, normal(rng, 5), history="requires"
    )
    check_untouched(told, x, grad=True)


@pytest.mark.task("hessian_vector_product", weight=2, role="property", advisory=True)
def test_hessian_vector_product_needs_little_memory(solution, probes, rng, evidence):
    """Peak memory is a small multiple of that of x."""
    c, x, v = (normal(rng, 800) for _ in range(3))
    ratio = solution.run(probes.hvp_peak, c, x, v) / (800 * 8)
    evidence["peak memory / x"] = round(ratio, 1)
    # 40 as the brief says; double backward takes 7, the Hessian alone 800.
    assert ratio <= 40, f"peak memory is {ratio:.0f} times that of x: do not form the Hessian"


# -- per_sample_gradients --------------------------------------------------------------------------------------

SHAPES = {"mlp": (6,), "convolution": (2, 5, 5), "shared": (6,)}


def samples(probes, rng, kind, n, dtype=torch.float64):
    """Parameters of a model, a batch and its classes."""
    state = [0.5 * normal(rng, *p.shape, dtype=dtype) for p in probes.network(kind).parameters()]
    return state, normal(rng, n, *SHAPES[kind], dtype=dtype), torch.randint(4, (n,), generator=rng)


def check_samples(solution, probes, kind, state, x, y):  # noqa: PLR0913, PLR0917  all is passed from the judge
    """Sample by sample, against autograd."""
    told = solution.run(probes.sample_gradients, kind, state, x, y)
    check_rows(told["out"], probes, kind, state, x, y)
    return told


def check_rows(out, probes, kind, state, x, y):  # noqa: PLR0913, PLR0917  all is passed from the judge
    model = probes.network(kind, state)
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    assert isinstance(out, dict), "return a dict from the parameters' names to their gradients"
    got = sorted(out)
    assert got == sorted(names), f"the names are those of the parameters that require gradients: {names}, not {got}"
    leaves = [p for p in model.parameters() if p.requires_grad]
    losses = nn.functional.cross_entropy(model(x), y, reduction="none")
    single = [torch.autograd.grad(loss, leaves, retain_graph=True) for loss in losses]
    for name, *rows in zip(names, *single, strict=True):
        msg = f"{name}: element i is the gradient of the loss of sample i alone"
        assert_close(out[name], torch.stack(rows), **EXACT, msg=msg)


@pytest.mark.task("per_sample_gradients", weight=4)
def test_per_sample_gradients(solution, probes, rng, draw):
    """A network of linear layers."""
    check_samples(solution, probes, "mlp", *samples(probes, rng, "mlp", draw.randint(9, 12)))


@pytest.mark.task("per_sample_gradients", role="property", advisory=True)
def test_per_sample_gradients_leave_the_model_alone(solution, probes, rng):
    """Neither the parameters nor their .grad change."""
    state, x, y = samples(probes, rng, "mlp", 3)
    told = solution.run(probes.sample_gradients, "mlp", state, x, y)
    for value, grad, before in zip(told["values"], told["grads"], state, strict=True):
        assert_close(value, before, rtol=0, atol=0, msg="a parameter was changed")
        assert_close(grad, torch.full_like(before, 7), rtol=0, atol=0, msg="the .grad of a parameter was changed")


@pytest.mark.task("per_sample_gradients", weight=2, role="property", advisory=True)
def test_per_sample_gradients_in_one_go(solution, probes, rng, evidence):
    """The number of operations does not grow in proportion to the batch."""
    counts = [solution.run(probes.sample_gradients_ops, "mlp", *samples(probes, rng, "mlp", n)) for n in (4, 40)]
    evidence["operations for 4 and 40 samples"] = counts
    # As the brief says: a loop takes ten times as many, vmap as many, is_grads_batched, where torch itself loops
    # over an operation or two, four times.
    assert counts[1] <= 5 * counts[0], f"{counts[0]} operations for 4 samples, {counts[1]} for 40: no loops"


@pytest.mark.task("per_sample_gradients", weight=2, role="property")
def test_per_sample_gradients_are_fast(race, probes, rng):
    """64 samples in less than a third of the time that one after the other takes."""

    def check(out, kind, state, x, y):  # as the probe's arguments
        check_rows(out, probes, kind, state, x, y)

    race(
        probes.sample_gradients_alone,
        inputs=lambda: ("mlp", *samples(probes, rng, "mlp", 64)),
        check=check,
        at_least=3,
    )


# -- implicit_gradient -----------------------------------------------------------------------------------------


def contracting(rng, factor, *shape):
    """A contraction with a slow direction and a rotation, near zero, where tanh has slope one; and theta, z0, v."""
    n = shape[-1]
    core = torch.zeros(n, n, dtype=torch.float64)
    core[0, 0] = factor
    core[1:, 1:] = 0.6 * factor * torch.linalg.qr(normal(rng, n - 1, n - 1)).Q
    q = torch.linalg.qr(normal(rng, n, n)).Q
    return q @ core @ q.mT, 0.005 * normal(rng, n), normal(rng, n), normal(rng, *shape), normal(rng, *shape)


def check_implicit(solution, probes, w, b, theta, z0, v, *, requires=False):  # noqa: PLR0913, PLR0917  what f needs
    """Against the unrolled iteration."""
    told = solution.run(probes.implicit, w, b, theta, z0, v, requires)
    z, grad = sequence(told["out"], 2, "return (z, grad)")
    leaf, expected = theta.detach().requires_grad_(), z0.detach()
    f = probes.contraction(w, b)
    for _ in range(700):  # 0.95 ** 700 = 3e-16
        expected = f(expected, leaf)
    check_relative(z, expected.detach(), "z is the fixed point: iterate until nothing changes")
    (unrolled,) = torch.autograd.grad(expected, leaf, v)
    check_relative(grad, unrolled, "the gradient of Σ v · z* is not that of the unrolled iteration")
    return told


@pytest.mark.task("implicit_gradient", weight=8)
def test_implicit_gradient(solution, probes, rng, draw):
    """A contraction of a vector with a factor around one half."""
    check_implicit(solution, probes, *contracting(rng, draw.uniform(0.4, 0.6), draw.randint(5, 9)))


@pytest.mark.task("implicit_gradient")
def test_implicit_gradient_of_a_slow_contraction(solution, probes, rng, draw):
    """A factor of 0.95 needs hundreds of iterations, forward and backward."""
    check_implicit(solution, probes, *contracting(rng, 0.95, draw.randint(5, 9)))


@pytest.mark.task("implicit_gradient", weight=2, role="property", advisory=True)
def test_implicit_gradient_needs_little_memory(solution, probes, rng, evidence):
    """Peak memory does not grow with the number of iterations."""
    fast, slow = (solution.run(probes.implicit_peak, *contracting(rng, factor, 50, 8)) for factor in (0.3, 0.95))
    evidence["peak bytes, fast and slow"] = [fast, slow]
    assert slow <= 1.5 * fast, f"peak memory is {slow / fast:.1f} times as large for a slow contraction: do not unroll"


# -- checkpointed ----------------------------------------------------------------------------------------------


def deep(rng, count, n, d, dtype=torch.float64):
    """Weights of layers, input and incoming gradient."""
    weights = [normal(rng, d, d, dtype=dtype) / d**0.5 for _ in range(count)]
    return weights, normal(rng, n, d, dtype=dtype), normal(rng, n, d, dtype=dtype)


def check_checkpointed(  # noqa: PLR0913  every circumstance that the brief names
    solution, probes, drawn, segments, *, requires=True, dropout=0.0, way="backward", seed=0
):
    """Output and gradients, against the plain sequence under the same seed."""
    weights, x, grad = drawn
    told = solution.run(probes.checkpointed_gradients, weights, x, segments, grad, requires, dropout, seed, way)
    layers = probes.stack(weights, dropout)
    leaf = out = x.detach().requires_grad_(requires)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for layer in layers:
            out = layer(out)
    assert_close(told["out"], out.detach(), **EXACT, msg="the output is that of the layers one after the other")
    assert told["graph"], "the output carries no graph"
    leaves = [layer.weight for layer in layers] + ([leaf] if requires else [])
    for i, (g, e) in enumerate(zip(told["grads"], torch.autograd.grad(out, leaves, grad), strict=True)):
        what = f"the parameter of layer {i}" if i < len(layers) else "x"
        assert_close(g, e, **EXACT, msg=f"the gradient of {what} is not that of the plain sequence")
    return told


@pytest.mark.task("checkpointed", weight=6)
def test_checkpointed(solution, probes, rng, draw):
    """Outputs and gradients of twelve layers in three or four segments."""
    check_checkpointed(solution, probes, deep(rng, 12, 5, 4), draw.choice([3, 4]))


@pytest.mark.task("checkpointed")
def test_checkpointed_in_unequal_segments(solution, probes, rng, draw):
    """A number of layers that the segments do not divide."""
    count = draw.choice([7, 11, 13])
    check_checkpointed(solution, probes, deep(rng, count, 3, 4), draw.randint(2, 5))


@pytest.mark.task("checkpointed", weight=2, role="property", advisory=True)
@pytest.mark.parametrize("segments", [1, 5])
def test_checkpointed_needs_little_memory(solution, probes, rng, evidence, segments):
    """The forward pass holds the segments' inputs and little else."""
    weights, x, _ = deep(rng, 20, 30, 10)
    ratio = solution.run(probes.checkpointed_peak, weights, x, segments) / (x.numel() * 8)
    evidence["tensors held at most"] = round(ratio, 1)
    # As the brief says; the reference holds segments + 2, the plain sequence 40.
    assert ratio <= segments + 5, f"{ratio:.0f} tensors are held at once; {segments} + 5 are enough"


# -- quiz ------------------------------------------------------------------------------------------------------


@pytest.mark.task("quiz", role="property", weight=0.5)
def test_quiz_can_be_read(quiz):
    """Every answer that was given has the form that its question asks for."""
    quiz.check_forms()
