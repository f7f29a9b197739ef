"""Private checks: the corners that the brief names and the public checks leave out."""

import pytest
import torch
from torch import nn

from ptassess.checking import assert_close
from ptassess.loading import load_public

public = load_public(__file__)
normal, EXACT, SINGLE = public.normal, public.EXACT, public.SINGLE


# -- gradient --------------------------------------------------------------------------------------------------


@pytest.mark.task("gradient")
@pytest.mark.parametrize("history", ["graph", "no_grad"])
def test_gradient_in_other_places(solution, probes, rng, draw, history):
    """An x that is part of a graph; a call where nothing is recorded."""
    coefficients, x = public.drawn_function(rng, draw.randint(3, 9))
    told = solution.run(probes.differentiate, "gradient", "quartic", coefficients, x, history=history)
    where = "x is the result of other operations" if history == "graph" else "the call is under torch.no_grad()"
    assert_close(told["out"], public.true_gradient(probes, "quartic", coefficients, x), **EXACT, msg=where)


@pytest.mark.task("gradient")
def test_gradient_in_float32(solution, probes, rng, draw):
    """Float32 stays float32; a scalar has a gradient too."""
    for shape in ((draw.randint(2, 5), 3), ()):
        coefficients, x = public.drawn_function(rng, *shape, dtype=torch.float32)
        told = solution.run(probes.differentiate, "gradient", "sines", coefficients, x)
        expected = public.true_gradient(probes, "sines", coefficients, x)
        assert_close(told["out"], expected, **SINGLE, msg=f"x has shape {shape} and dtype float32")


# -- backprop_by_hand ------------------------------------------------------------------------------------------


@pytest.mark.task("backprop_by_hand")
def test_backprop_of_one_layer(solution, probes, rng, draw):
    """No hidden layer: softmax regression."""
    sizes = draw.sample(range(3, 9), 2)
    public.check_backprop(solution, probes, *public.mlp(rng, sizes, draw.randint(10, 15)), EXACT)


@pytest.mark.task("backprop_by_hand")
def test_backprop_with_large_logits(solution, probes, rng, draw):
    """Logits in the hundreds, whose exponentials overflow."""
    weights, x, y = public.mlp(rng, (6, 5), draw.randint(10, 15))
    logits = nn.functional.linear(x, *weights[0])
    largest = logits.flatten()[logits.abs().argmax()]  # becomes 1,000, not -1,000
    weights = [tuple(1000 / largest * w for w in weights[0])]
    public.check_backprop(solution, probes, weights, x, y, EXACT)


@pytest.mark.task("backprop_by_hand")
def test_backprop_in_float32(solution, probes, rng):
    """Float32 stays float32."""
    public.check_backprop(solution, probes, *public.mlp(rng, (5, 7, 4), 9, dtype=torch.float32), SINGLE)


@pytest.mark.task("backprop_by_hand", role="property", advisory=True)
def test_backprop_leaves_its_inputs_alone(solution, probes, rng):
    """Neither weights nor samples are changed."""
    weights, x, y = public.mlp(rng, (4, 6, 3), 5)
    after = solution.run(probes.call_keeping_inputs, "backprop_by_hand", weights, x, y)["inputs"]
    assert_close(after[1], x, rtol=0, atol=0, msg="x was changed in place")
    assert_close(after[2], y, rtol=0, atol=0, msg="y was changed in place")
    assert len(after[0]) == len(weights), "the list of weights was changed"
    for pair, before in zip(after[0], weights, strict=True):
        for now, then in zip(pair, before, strict=True):
            assert_close(now, then, rtol=0, atol=0, msg="a weight was changed in place")


# -- update_step -----------------------------------------------------------------------------------------------


@pytest.mark.task("update_step")
def test_steps_with_an_old_gradient(solution, probes, rng, draw):
    """Parameters that already have a .grad, also the one that the loss does not use."""
    public.check_steps(solution, probes, public.problem(rng, draw), 2, 0.1, 0.5, stale=True)


@pytest.mark.task("update_step")
@pytest.mark.parametrize("frozen", [0, 1])
def test_steps_with_a_frozen_parameter(solution, probes, rng, draw, frozen):
    """A parameter that requires no gradient stays where it is, and so does its velocity."""
    public.check_steps(solution, probes, public.problem(rng, draw), 2, 0.1, 0.9, frozen=(frozen,))


@pytest.mark.task("update_step")
def test_steps_where_a_gradient_is_zero(solution, probes, rng, draw):
    """A parameter that the loss uses, with a gradient of zero, still moves by its velocity."""
    public.check_steps(solution, probes, public.problem(rng, draw), 2, 0.1, 0.9, flat=True)


# -- swiglu ----------------------------------------------------------------------------------------------------


@pytest.mark.task("swiglu")
@pytest.mark.parametrize(("of_x", "of_y"), [((4, 3), (3,)), ((3,), (5, 1)), ((2, 1, 3), (4, 1)), ((), (3,))], ids=str)
def test_swiglu_broadcasts(solution, probes, rng, of_x, of_y):
    """Gradients have the shapes of the inputs, summed over what was broadcast."""
    shape = torch.broadcast_shapes(of_x, of_y)
    public.check_swiglu(solution, probes, normal(rng, *of_x), normal(rng, *of_y), normal(rng, *shape))


@pytest.mark.task("swiglu")
@pytest.mark.parametrize("which", [(True, False), (False, True)], ids=["x", "y"])
def test_swiglu_with_one_gradient(solution, probes, rng, which):
    """Only one input requires a gradient."""
    public.check_swiglu(solution, probes, *(normal(rng, 4, 3) for _ in range(3)), which)


@pytest.mark.task("swiglu")
def test_swiglu_far_out(solution, probes, rng):
    """Values around ±1,000, in float32, whose exponentials overflow."""
    x = 1000 * torch.tensor([-1.0, -0.5, -0.1, 0, 0.1, 0.5, 1]) + normal(rng, 7, dtype=torch.float32)
    y, grad = normal(rng, 7, dtype=torch.float32), normal(rng, 7, dtype=torch.float32)
    public.check_swiglu(solution, probes, x.clamp(-1000, 1000), y, grad, tolerance=SINGLE)


@pytest.mark.task("swiglu", role="property", advisory=True)
def test_swiglu_leaves_the_incoming_gradient_alone(solution, probes, rng):
    """The incoming gradient belongs to autograd."""
    told = solution.run(probes.swiglu_derivatives, *(normal(rng, 4, 3) for _ in range(3)))
    public.first_of(told, 2)
    assert_close(told["incoming"], told["before"], rtol=0, atol=0, msg="backward changed the incoming gradient")


@pytest.mark.task("swiglu", role="property", advisory=True)
def test_swiglu_passes_gradcheck(solution, probes, rng):
    """Torch's gradcheck and gradgradcheck, with a broadcast."""
    first, second = solution.run(probes.swiglu_gradchecks, normal(rng, 3, 2), normal(rng, 3, 1))
    assert first, "torch.autograd.gradcheck fails"
    assert second, "torch.autograd.gradgradcheck fails"


# -- hessian_vector_product ------------------------------------------------------------------------------------


@pytest.mark.task("hessian_vector_product", weight=2)
@pytest.mark.parametrize("history", ["plain", "requires"])
def test_hessian_vector_product_of_a_matrix(solution, probes, rng, draw, history):
    """All elements of a matrix are one vector."""
    coefficients, x = public.drawn_function(rng, draw.randint(2, 4), draw.randint(2, 4))
    v = normal(rng, *x.shape)
    told = solution.run(probes.differentiate, "hessian_vector_product", "quartic", coefficients, x, v, history=history)
    expected = public.true_product(probes, "quartic", coefficients, x, v)
    public.check_relative(told["out"], expected, "x and v are matrices here, taken as vectors")


@pytest.mark.task("hessian_vector_product", role="property", advisory=False)
@pytest.mark.parametrize("kind", ["linear", "constant"])
def test_hessian_vector_product_of_a_linear_function(solution, probes, rng, kind):
    """The Hessian is zero."""
    coefficients, x = public.drawn_function(rng, 4)
    told = solution.run(probes.differentiate, "hessian_vector_product", kind, coefficients, x, normal(rng, 4))
    assert_close(told["out"], torch.zeros_like(x), rtol=0, atol=0, msg=f"the Hessian of a {kind} function is zero")


# -- per_sample_gradients --------------------------------------------------------------------------------------


@pytest.mark.task("per_sample_gradients", weight=2)
@pytest.mark.parametrize("kind", ["convolution", "shared"])
def test_per_sample_gradients_of_other_layers(solution, probes, rng, draw, kind):
    """Convolution and layer norm; a layer that is used twice, before one that is frozen."""
    public.check_samples(solution, probes, kind, *public.samples(probes, rng, kind, draw.randint(3, 5)))


@pytest.mark.task("per_sample_gradients")
def test_per_sample_gradients_of_one_sample(solution, probes, rng):
    """A batch of one keeps its dimension."""
    public.check_samples(solution, probes, "mlp", *public.samples(probes, rng, "mlp", 1))


# -- implicit_gradient -----------------------------------------------------------------------------------------


@pytest.mark.task("implicit_gradient")
def test_implicit_gradient_of_a_batch(solution, probes, rng, draw):
    """Here z is a matrix, theta a vector; both require gradients."""
    told = public.check_implicit(
        solution, probes, *public.contracting(rng, 0.7, draw.randint(3, 5), draw.randint(5, 9)), requires=True
    )
    assert told["grads"] == [None, None], "theta or z0 got a .grad: ask for gradients of your own tensors"


@pytest.mark.task("implicit_gradient")
def test_implicit_gradient_from_the_solution(solution, probes, rng):
    """Where z0 is the fixed point already, no iteration is needed, and yet there is a gradient."""
    w, b, theta, z, v = public.contracting(rng, 0.8, 6)
    f = probes.contraction(w, b)
    for _ in range(400):
        z = f(z, theta)
    public.check_implicit(solution, probes, w, b, theta, z, v)


# -- checkpointed ----------------------------------------------------------------------------------------------


@pytest.mark.task("checkpointed", weight=3)
def test_checkpointed_layers_that_drop_out(solution, probes, rng, draw):
    """Recomputation drops what the forward pass dropped."""
    seed = draw.randrange(2**31)
    public.check_checkpointed(solution, probes, deep(rng), 4, dropout=0.4, seed=seed)


@pytest.mark.task("checkpointed")
def test_checkpointed_input_without_gradient(solution, probes, rng):
    """Parameters have gradients also where x requires none."""
    public.check_checkpointed(solution, probes, deep(rng), 2, requires=False)


@pytest.mark.task("checkpointed")
def test_checkpointed_asked_by_grad(solution, probes, rng):
    """torch.autograd.grad instead of .backward()."""
    public.check_checkpointed(solution, probes, deep(rng), 4, way="grad")


@pytest.mark.task("checkpointed", role="property", advisory=True)
def test_checkpointed_computes_once_more(solution, probes, rng, evidence):
    """Every layer runs once forward, and at most once more backward."""
    told = public.check_checkpointed(solution, probes, deep(rng), 2)
    evidence["runs of each layer"] = told["runs"]
    assert max(told["forward"]) <= 1, "a layer runs more than once in the forward pass"
    assert max(told["runs"]) <= 2, f"a layer runs {max(told['runs'])} times; once more in the backward pass is enough"


def deep(rng):
    return public.deep(rng, 8, 5, 4)


# -- quiz ------------------------------------------------------------------------------------------------------

QUESTIONS = ["program", "accumulates", "hook", "second_order", "in_place", "leaf"]


@pytest.mark.task("quiz")
@pytest.mark.parametrize("name", QUESTIONS)
def test_quiz(quiz, name):
    """All three draws of a question are right."""
    quiz.check(name)
