"""Private checks."""

import pytest
import torch

from ptassess.checking import assert_close


@pytest.mark.task("double")
def test_doubles_whole_numbers(solution, reference):
    """Whole numbers stay whole."""
    x = torch.tensor([1, 2, 3])
    assert_close(solution.double(x), reference.double(x), rtol=0, atol=0, msg="keep the dtype")
