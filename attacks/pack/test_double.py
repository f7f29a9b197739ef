"""The checks, after each of which the judge looks at what was touched and what was left."""

import pytest
import torch

from ptassess.checking import assert_close
from ptassess.wallcheck.watch import note


@pytest.fixture(autouse=True)
def after(request):
    """Look, when the check has ended and its processes with it."""
    yield
    note(request.node.name)


@pytest.mark.task("double")
def test_doubles(solution, rng):
    """Twice the input comes back, each time."""
    for _ in range(2):
        x = torch.randn(4, generator=rng)
        assert_close(solution.double(x), 2 * x, rtol=0, atol=0, msg="double(x) is x + x")


@pytest.mark.task("double_at_once")
def test_doubles_at_once(solution, rng):
    """Twice the input comes back, within a second."""
    test_doubles(solution, rng)
