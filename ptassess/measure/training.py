"""What trainings say of a solution: the median over seeds, held against what is asked for and against the reference."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.bands import Band

TRIALS = 3
"""Trainings of a check, each with a seed of its own; the median of three is not moved by one that goes wrong."""
SLOW_SECONDS = 4.0
"""A first training that takes longer is the only one."""
_LEAST_CREDIT = 0.5


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What some trainings came to.

    Args:
        score: their median.
        passes: whether it is at least what is asked for.
        credit: what it is worth.
        is_odd: whether it is better than the reference ever was, by more than the reference's whole range: a reason to
            look, never part of a score.
    """

    score: float
    passes: bool
    credit: float
    is_odd: bool


def judge(scores: Sequence[float], *, asked: float, full: float | None = None, band: Band | None = None) -> Learned:
    """Judge the scores of some trainings.

    Args:
        scores: of each, as the judge computed them; higher is better, not a number is worst.
        asked: the least that passes, worth half of the points.
        full: what is worth all of them; between the two it counts in proportion. By default the lowest that the
            reference came to in its calibration, or where there is none, ``asked``.
        band: of the reference.
    """
    score = statistics.median(value if value == value else float("-inf") for value in scores)  # noqa: PLR0124  NaN
    if full is None:
        full = band.low if band is not None else asked
    full = max(full, asked)
    credit = 1.0
    if score < full:
        credit = _LEAST_CREDIT + (1 - _LEAST_CREDIT) * (score - asked) / (full - asked) if score >= asked else 0.0
    odd = band is not None and score > band.high + (band.high - band.low)
    return Learned(score=score, passes=score >= asked, credit=credit, is_odd=odd)
