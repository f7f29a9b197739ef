"""Helpers of probes agree with what can be worked out by hand; tests/test_meters.py has the meters."""

import types

import torch

from ptassess import probing


def module(**functions):
    made = types.ModuleType("solution")
    vars(made).update(functions)
    return made


def test_inputs_are_seen_as_they_are_after_the_call():
    found = probing.call_keeping_inputs(module(f=lambda x, y: x.add_(y)), "f", torch.ones(2), torch.ones(2))
    assert torch.equal(found["out"], torch.full((2,), 2.0))
    assert torch.equal(found["inputs"][0], torch.full((2,), 2.0))
    assert torch.equal(found["inputs"][1], torch.ones(2))


def test_layouts_change_the_strides_and_not_the_values():
    x = torch.arange(12.0).reshape(3, 4)
    seen = []
    solution = module(f=lambda x: seen.append(x) or x.sum())
    for layout in ("transposed", "strided"):
        probing.call_with_layout(solution, "f", layout, x)
    assert [torch.equal(one, x) for one in seen] == [True, True]
    assert [one.is_contiguous() for one in seen] == [False, False]
    assert seen[0].stride() == (1, 3)
    assert seen[1].stride() == (8, 2)


def test_scalars_and_other_values_keep_their_layout():
    solution = module(f=lambda x, y: (x, y))
    assert probing.call_with_layout(solution, "f", "strided", torch.tensor(2.0), "text") == (torch.tensor(2.0), "text")


def test_gradients_come_for_floating_point_arguments_in_their_order():
    solution = module(f=lambda x, n, y: x * n * y)
    gradients = probing.gradient_of(solution, "f", torch.tensor([2.0, 3.0]), 4, torch.tensor([5.0, 6.0]))
    assert torch.equal(gradients[0], torch.tensor([20.0, 24.0]))
    assert torch.equal(gradients[1], torch.tensor([8.0, 12.0]))


def test_a_gradient_that_does_not_flow_is_none():
    assert probing.gradient_of(module(f=lambda x, y: x * y.detach()), "f", torch.ones(1), torch.ones(1))[1] is None
