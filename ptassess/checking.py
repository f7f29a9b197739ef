"""Comparisons for checks, whose messages say first what to do and then what differs."""

from __future__ import annotations

import math
from typing import Any

import torch

from ptassess import margins

_ROUNDING = 10_000  # units in the last place; what is further off is no matter of rounding
# A relative error about the size of float32's rounding: often the formula is right, and a part of it computed in that.
_NEARLY = 1e-9, 2 * torch.finfo(torch.float32).eps
_ADVICE = "an error of this size can come from float32: is a part of it computed, or created, in a lower precision?"


def require_tensor(
    actual: Any, *, shape: tuple[int, ...] | None = None, dtype: torch.dtype | None = None, msg: str = ""
) -> torch.Tensor:
    """The value, if it is a tensor of that shape and dtype.

    Args:
        actual: what came back.
        shape: expected, or None for any.
        dtype: expected, or None for any.
        msg: the hint that the candidate reads first.

    Raises:
        AssertionError: with the hint, and what came back instead.
    """
    hint = f"{msg}\n" if msg else ""
    assert isinstance(actual, torch.Tensor), f"{hint}expected a tensor, got a {type(actual).__name__}"
    if shape is not None:
        assert tuple(actual.shape) == tuple(shape), f"{hint}expected shape {tuple(shape)}, got {tuple(actual.shape)}"
    if dtype is not None:
        assert actual.dtype == dtype, f"{hint}expected dtype {dtype}, got {actual.dtype}"
    return actual


def assert_within(error: float | torch.Tensor, allowed: float, what: str, *, msg: str = "") -> None:
    """Assert that an error, or the largest of several, is at most what is allowed; NaN is not.

    Args:
        error: a number, or a tensor of any shape.
        allowed: in the same unit, above 0.
        what: names the error, such as ``the backward error``.
        msg: the hint that the candidate reads first.

    Raises:
        AssertionError: with the hint, the error and what is allowed.
    """
    worst = error.max().item() if isinstance(error, torch.Tensor) else error
    margins.note(worst, allowed)
    lines = [msg] if msg else []
    digits = 2 if worst > 1.1 * allowed else 6  # "1e-08, allowed is 1e-08" would help nobody
    lines.append(f"{what} is {worst:.{digits}g}, allowed is {allowed:g}")
    lines += [_ADVICE] if _NEARLY[0] <= worst <= _NEARLY[1] else []
    assert worst <= allowed, "\n".join(lines)


def assert_close(actual: Any, expected: Any, *, rtol: float, atol: float, msg: str = "") -> None:
    """Assert that a value agrees with the expected one: kind, shape, dtype, NaN only where expected, and numbers.

    Args:
        actual: what came back.
        expected: a tensor, or a Python number.
        rtol: relative tolerance.
        atol: absolute tolerance.
        msg: the hint that the candidate reads first.

    Raises:
        AssertionError: with the hint, and the first element that differs.
    """
    if not isinstance(expected, torch.Tensor):
        hint = f"{msg}\n" if msg else ""
        ok = isinstance(actual, (int, float)) and not isinstance(actual, bool)
        assert ok, f"{hint}expected a number, got a {type(actual).__name__}"
        actual, expected = torch.tensor(float(actual)), torch.tensor(float(expected))
    require_tensor(actual, shape=tuple(expected.shape), dtype=expected.dtype, msg=msg)
    if expected.is_floating_point() or expected.is_complex():
        wide = torch.complex128 if expected.is_complex() else torch.float64
        ours, theirs = expected.to(wide), actual.to(wide)
        good = torch.isclose(theirs, ours, rtol=rtol, atol=atol, equal_nan=True)
        _note_margin(theirs, ours, rtol=rtol, atol=atol)
    else:
        ours, theirs = expected, actual
        good = theirs == ours
    if bool(good.all()):
        return
    bad = (~good).nonzero()
    index = tuple(bad[0].tolist())
    error = (theirs[index] - ours[index]).abs().item() if ours.dtype != torch.bool else 1
    wanted, got = f"{ours[index].item():.8g}", f"{theirs[index].item():.8g}"
    told = f"{len(bad)} of {good.numel()} elements differ; the first at {list(index)}: " if index else ""
    told += f"expected {wanted}, got {got} (off by {error:.3g}{_in_other_units(expected[index], error)})"
    exact = rtol == atol == 0
    allowed = f"shape {tuple(expected.shape)}, dtype {expected.dtype}, "
    allowed += "has to be equal" if exact else f"allowed: {atol:g} + {rtol:g} * |expected|"
    lines = [msg or "the values differ", told, allowed]
    lines += [_ADVICE] if expected.dtype == torch.float64 and not exact and _is_near(theirs, ours) else []
    raise AssertionError("\n".join(lines))


def _note_margin(actual: torch.Tensor, expected: torch.Tensor, *, rtol: float, atol: float) -> None:
    used = (actual - expected).abs() / (atol + rtol * expected.abs())
    used = used[used.isfinite()]  # where both are infinite or NaN, or exactness is asked for, there is no share
    if used.numel():
        margins.note(used.max().item(), 1.0)


def _is_near(actual: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether all is right but for errors of the size of float32's rounding, relative to the largest value."""
    error = (actual - expected).abs().max() / expected.abs().max()
    return bool(_NEARLY[0] <= error <= _NEARLY[1])


def _in_other_units(expected: torch.Tensor, error: float) -> str:
    """An error relative to the expected value and in its units in the last place, where these say something."""
    if not (expected.is_floating_point() and math.isfinite(error) and expected.isfinite() and expected != 0):
        return ""
    size = expected.abs()
    relative = f", relative error {error / size.double().item():.2g}"
    if size.dtype not in {torch.float32, torch.float64}:
        return relative
    ulp = (torch.nextafter(size, torch.full_like(size, math.inf)).double() - size.double()).item()
    return f"{relative}, {error / ulp:.3g} ulp" if error <= _ROUNDING * ulp else relative
