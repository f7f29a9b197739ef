"""What a race says of a solution: its speed beside the baseline's and the reference's, and what that is worth.

Pure functions on what ``ptassess.measure.race`` found.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptassess.measure import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.measure.stats import Ratio, Verdict
    from ptassess.measure.times import Times

SOLUTION, BASELINE, REFERENCE = "solution", "baseline", "reference"
PRECISION = 0.02
"""Half-width of a credit's 95 % interval from which on it is given: the credits of two races of one submission then
differ by more than 0.03 once in 25 times (normal, with a standard deviation of 0.02 / 1.96 each)."""

SIGNS = 6
"""Pairs that all have to stay below what is asked for, before a solution that its own noise keeps undecided has failed:
one whose median pace is just enough stays below in six of six once in 64 times (sign test)."""


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What a speed is worth.

    Args:
        value: between 0 (the baseline's pace) and 1 (0.9 of the reference's and above, or not to be told from it).
        low: lower end of its 95 % interval.
        high: upper end.
    """

    value: float
    low: float
    high: float

    @property
    def is_precise(self) -> bool:
        """Whether it can be given."""
        return self.high - self.low <= 2 * PRECISION


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast a solution is.

    Args:
        ratio: how many times as fast as the baseline, with the interval that is shown.
        verdict: whether it clears what is asked for.
        reference: how many times as fast as the baseline the reference is; None where none took part.
        credit: None where no reference took part, or where it is too slow here to grade by.
        reached: whether what is asked for was reached in any pair.
        is_unsteady: whether its own pace differs from process to process by far more than the reference's.
    """

    ratio: Ratio
    verdict: Verdict
    reference: Ratio | None = None
    credit: Credit | None = None
    reached: bool = True
    is_unsteady: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether more pairs would change nothing that counts."""
        if self.verdict == "inconclusive":
            return False
        return self.verdict == "fail" or self.credit is None or self.credit.is_precise

    @property
    def is_hopeless(self) -> bool:
        """Whether noise is no excuse for it: it was too slow in every single pair, and there are enough of them."""
        return self.verdict == "inconclusive" and not self.reached and self.ratio.pairs >= SIGNS

    @property
    def can_be_graded(self) -> bool:
        """Whether the reference, if there is one, is fast enough here for a difference to show."""
        return self.reference is None or self.reference.value >= stats.LEAST_RANGE


def judge(times: Times, at_least: float, *, control: float = 0.0) -> Speed | None:
    """What a race has found so far.

    Args:
        times: of a race of the three contestants, or without the reference.
        at_least: how many times as fast as the baseline is asked for.
        control: log-ratio that the A/A control came to; it widens every interval.

    Returns:
        None if no pair of contestants could be compared: their calls take no longer than calls that do nothing.
    """
    solution = times.pair_logs(SOLUTION, BASELINE)
    logs = [log for log in solution if log is not None]
    if not logs:
        return None
    ratio = stats.combine(logs, control=control)
    verdict = stats.verdict(stats.combine(logs, confidence=stats.DECIDES, control=control), at_least)
    reached = max(logs) + abs(control) >= math.log(at_least)
    if REFERENCE not in times.turns:
        return Speed(ratio=ratio, verdict=verdict, reached=reached)
    reference = times.pair_logs(REFERENCE, BASELINE)
    both = [(s, r) for s, r in zip(solution, reference, strict=True) if s is not None and r is not None]
    if not both:
        return None
    pace = stats.combine([r for _, r in both], control=control)
    return Speed(
        ratio=ratio,
        verdict=verdict,
        reference=pace,
        credit=credit(both, control=control),
        reached=reached,
        is_unsteady=stats.spreads_more([s for s, _ in both], [r for _, r in both]),
    )


def credit(pairs: Sequence[tuple[float, float]], *, control: float = 0.0) -> Credit | None:
    """What a speed is worth: ``log(baseline / solution) / log(baseline / 0.9 of the reference's speed)``.

    On a logarithmic scale twice as fast counts the same wherever it begins. It is taken pair by pair, so that what the
    baseline's noise does to both sides cancels.

    Args:
        pairs: log-ratios to the baseline, the solution's and the reference's, of each pair of processes.
        control: log-ratio that the A/A control came to.

    Returns:
        None where the reference is less than 1.5 times as fast as the baseline.
    """
    pace = statistics.fmean(reference for _, reference in pairs)
    if pace < math.log(stats.LEAST_RANGE):
        return None
    full = pace + math.log(stats.FULL_CREDIT)
    # The reference's own noise counts by how much it would change the credit: linear in both logarithms.
    share = statistics.fmean(solution for solution, _ in pairs) / full
    shares = [
        share + (solution - share * (reference + math.log(stats.FULL_CREDIT))) / full for solution, reference in pairs
    ]
    found = stats.interval(shares, control=control / full)
    value, low, high = (min(1.0, max(0.0, end)) for end in (found.value, found.low, found.high))
    if high == 1:  # nothing tells it from full credit
        value = 1.0
    return Credit(value=value, low=low, high=high)
