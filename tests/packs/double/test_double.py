"""Public checks."""

import pytest
import torch

from ptassess.checking import assert_close


@pytest.mark.task("double", weight=3)
def test_doubles(solution, rng):
    """Twice the input comes back."""
    x = torch.randn(3, generator=rng)
    assert_close(solution.double(x), 2 * x, rtol=0, atol=0, msg="double(x) is x + x")


@pytest.mark.task("double", role="property", advisory=True)
def test_leaves_its_input_alone(solution, probes):
    """The input is not returned itself."""
    assert not solution.run(probes.is_same_object, torch.ones(2)), "return a new tensor"


@pytest.mark.task("triple")
def test_triples(solution, rng, evidence):
    """Three times the input comes back."""
    x = torch.randn(3, generator=rng)
    evidence["largest input"] = x.max()
    assert_close(solution.triple(x), 3 * x, rtol=1e-6, atol=0, msg="triple(x) is 3 * x")
