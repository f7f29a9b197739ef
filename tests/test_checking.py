"""Comparisons tell what differs in the words that help, and note how much of what is allowed was used."""

import math

import pytest
import torch

from ptassess import margins
from ptassess.checking import assert_close, assert_within, require_tensor


def message(compare, *args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        compare(*args, **kwargs)
    return str(caught.value)


def used(compare, *args, **kwargs):
    """The share of what is allowed that a comparison notes."""
    margins.begin()
    compare(*args, **kwargs)
    return margins.end()


def test_a_difference_is_told_with_its_place_and_in_units_of_rounding():
    said = message(
        assert_close, torch.tensor([1.0, 2.000001]), torch.tensor([1.0, 2.0]), rtol=1e-7, atol=0, msg="add once"
    )
    assert said.splitlines()[0] == "add once"
    assert "1 of 2 elements differ; the first at [1]: expected 2, got 2.000001" in said
    assert "4 ulp" in said


def test_an_error_far_beyond_rounding_is_not_told_in_units_of_it():
    said = message(assert_close, torch.tensor([3.0]), torch.tensor([2.0]), rtol=1e-7, atol=0)
    assert "off by 1, relative error 0.5)" in said
    assert "ulp" not in said


def test_a_single_number_has_no_place():
    said = message(assert_close, 3.0, 2.0, rtol=0, atol=0)
    assert "elements" not in said
    assert "expected 2, got 3 (off by 1, relative error 0.5)" in said
    assert said.endswith("has to be equal")


def test_an_error_of_the_size_of_float32_rounding_is_told_as_such():
    x = torch.linspace(1, 2, 9, dtype=torch.float64)
    near = x.sqrt() * (1 + 3e-8)
    assert "can come from float32" in message(assert_close, near, x.sqrt(), rtol=1e-12, atol=0, msg="roots")
    assert "can come from float32" in message(assert_within, 3.4e-8, 1e-8, "the error", msg="roots")
    for error in (1e-3, 1e-12):
        assert "float32" not in message(assert_within, error, error / 2, "the error", msg="roots")


def test_an_error_just_beyond_the_limit_is_told_in_enough_digits():
    assert "the error is 1.0034e-08, allowed is 1e-08" in message(assert_within, 1.0034e-8, 1e-8, "the error")


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        (torch.ones(3), "expected shape (2,), got (3,)"),
        (torch.ones(2).double(), "expected dtype torch.float32, got torch.float64"),
        ([1.0, 1.0], "expected a tensor, got a list"),
        (torch.tensor([1.0, math.nan]), "expected 1, got nan"),
    ],
    ids=["shape", "dtype", "kind", "nan"],
)
def test_kind_shape_dtype_and_nan_are_looked_at(actual, said):
    assert said in message(assert_close, actual, torch.ones(2), rtol=1, atol=1)


def test_nan_is_right_only_where_it_is_expected():
    assert_close(torch.tensor([math.nan, 1.0]), torch.tensor([math.nan, 1.0]), rtol=0, atol=0)
    assert "differ" in message(assert_close, torch.ones(1), torch.tensor([math.nan]), rtol=1, atol=1)


def test_a_number_is_compared_as_one():
    assert_close(2, 2.0, rtol=0, atol=0)
    flag = True
    assert "expected a number, got a bool" in message(assert_close, flag, 1.0, rtol=0, atol=0)


def test_require_tensor_gives_the_tensor_back():
    x = torch.ones(2)
    assert require_tensor(x, shape=(2,), dtype=torch.float32) is x


def test_an_error_within_the_limit_is_the_limit_included():
    assert_within(0.1, 0.1, "the error")
    assert_within(torch.tensor([0.05, 0.02]), 0.1, "the error")


@pytest.mark.parametrize("error", [0.3, math.nan, torch.tensor([0.0, 0.3]), torch.tensor([math.nan, 0.0])], ids=str)
def test_an_error_beyond_the_limit_is_told_with_both(error):
    said = message(assert_within, error, 0.1, "the error", msg="step further")
    assert said.startswith("step further\n")
    assert "the error is " in said
    assert ", allowed is 0.1" in said


def test_the_share_of_what_is_allowed_is_noted_and_the_largest_counts():
    assert used(assert_within, 0.05, 0.2, "the error") == 0.25
    assert used(assert_close, torch.tensor([1.01, 1.0]), torch.ones(2), rtol=0.02, atol=0) == 0.5
    margins.begin()
    assert_within(0.1, 0.2, "one")
    assert_within(0.1, 0.4, "another")
    assert margins.end() == 0.5


def test_where_exactness_is_asked_there_is_no_share():
    assert used(assert_close, torch.ones(2), torch.ones(2), rtol=0, atol=0) is None
    assert (
        used(assert_close, torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64), rtol=1, atol=1) is None
    )
    infinite = torch.tensor([math.inf])
    assert used(assert_close, infinite, infinite, rtol=1e-3, atol=1e-3) is None
