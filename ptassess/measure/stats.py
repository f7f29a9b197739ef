"""From the times of interleaved blocks to a ratio, its interval, a verdict and a credit: pure functions.

A race has several *pairs*: fresh processes, one for each contestant. In a pair the contestants take turns, in drawn
order, for some *rounds*; a turn is a block of calls whose time the judge took. Two processes that run the same code
differ by where their memory happens to lie, so a pair counts as one observation, however many rounds it had: the ratio
of a race is the mean of the pairs' log-ratios, and its interval is Student's.
"""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Verdict = Literal["pass", "fail", "inconclusive"]

SHOWN = 0.95
"""Confidence of the interval that is shown."""
DECIDES = 0.99
"""Confidence of the interval that decides a threshold: on each side, one race in 200 whose true ratio lies exactly at
the threshold goes wrong."""
FULL_CREDIT = 0.9
"""Share of the reference's pace from which a speed has full credit."""
_OWN = 0.001  # chance that what counts as a contestant's own spread is none
LEAST_RANGE = 1.5
"""Least ratio of baseline and reference at which a speed can be graded: below it noise would decide the credit."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A block of calls of one contestant.

    Args:
        calls: in the block.
        seconds: that they took.
        idle: what as many calls took that do nothing, in seconds; None if there were none in this round.
    """

    calls: int
    seconds: float
    idle: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times as fast one contestant is as another.

    Args:
        value: the estimate.
        low: lower end of the interval.
        high: upper end.
        spread: standard deviation of the pairs' log-ratios.
        pairs: how many there were.
    """

    value: float
    low: float
    high: float
    spread: float
    pairs: int

    @property
    def half_width(self) -> float:
        """Half the interval's length, relative to the estimate."""
        return math.sqrt(self.high / self.low) - 1 if self.low > 0 else math.inf


def pair_ratio(fast: Sequence[Turn | None], slow: Sequence[Turn | None]) -> float | None:
    """Log of how many times as fast one contestant was as another, in one pair.

    The times are compared round by round, since both sides of a round saw the machine in the same state; what a call
    costs that does nothing is a median, since it changes little and was measured in some of the rounds only.

    Args:
        fast: a contestant's turns by round; None where it had none.
        slow: the other's.

    Returns:
        The log-ratio, above 0 if the first is faster; None if no round had both, nothing was measured that does
        nothing, or one of them takes no time that can be told from that.
    """
    both = [(a, b) for a, b in zip(fast, slow, strict=True) if a is not None and b is not None]
    idle = idle_per_call(fast), idle_per_call(slow)
    net = [[turn.seconds / turn.calls - less for turn, less in zip(pair, idle, strict=True)] for pair in both]
    logs = [math.log(b / a) for a, b in net if a > 0 and b > 0]
    return centre(logs) if 2 * len(logs) > len(both) else None


def idle_per_call(turns: Sequence[Turn | None]) -> float:
    """Seconds that a call takes which does nothing: a median; not a number if none was measured.

    Args:
        turns: of a contestant.
    """
    found = [turn.idle / turn.calls for turn in turns if turn is not None and turn.idle is not None]
    return statistics.median(found) if found else math.nan


def centre(values: Sequence[float]) -> float:
    """Hodges and Lehmann's estimate of a centre: the median of the means of all pairs, each with itself included.

    Nearly as precise as the mean for well-behaved values, and hardly moved by the wild ones: up to 29 % of them
    (Hodges and Lehmann, Annals of Mathematical Statistics 34, 1963).

    Args:
        values: at least one.
    """
    return statistics.median((a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2))


def idle_share(turns: Sequence[Turn | None]) -> float:
    """The share of a contestant's turns that is everybody's overhead; not a number if none was measured.

    Args:
        turns: of the contestant.
    """
    there = [turn.seconds / turn.calls for turn in turns if turn is not None]
    return idle_per_call(turns) / statistics.median(there) if there else math.nan


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a mean lies.

    Args:
        value: the mean.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float


def interval(values: Sequence[float], *, confidence: float = SHOWN, control: float = 0.0) -> Interval:
    """Student's interval for the mean of independent values; without end on both sides if there is only one.

    Args:
        values: at least one.
        confidence: that it contains the true mean.
        control: what the A/A control was off by; it widens the interval in quadrature.
    """
    count, mean = len(values), statistics.fmean(values)
    half = math.inf
    if count > 1:
        half = student((1 + confidence) / 2, count - 1) * statistics.stdev(values) / math.sqrt(count)
    half = math.hypot(half, control)
    return Interval(value=mean, low=mean - half, high=mean + half)


def combine(logs: Sequence[float], *, confidence: float = SHOWN, control: float = 0.0) -> Ratio:
    """The ratio of a race and its interval: Student's, over the pairs.

    Args:
        logs: of the pairs, at least one.
        confidence: of the interval.
        control: log-ratio that the A/A control came to, which should have been 0.
    """
    found = interval(logs, confidence=confidence, control=control)
    spread = statistics.stdev(logs) if len(logs) > 1 else math.inf
    return Ratio(value=_exp(found.value), low=_exp(found.low), high=_exp(found.high), spread=spread, pairs=len(logs))


def _exp(log: float) -> float:
    try:
        return math.exp(log)
    except OverflowError:  # an interval of a few wild pairs can be that wide
        return math.inf


def verdict(ratio: Ratio, at_least: float) -> Verdict:
    """Whether a ratio clears a threshold.

    Args:
        ratio: with the interval that decides (``DECIDES``).
        at_least: the threshold.
    """
    if ratio.low >= at_least:
        return "pass"
    return "fail" if ratio.high < at_least else "inconclusive"


def spreads_more(values: Sequence[float], others: Sequence[float]) -> bool:
    """Whether values differ among each other by more than others do, as chance would have it once in 1,000 times.

    Fisher's test of the ratio of two variances: what a machine does to one contestant it does to the other, so what is
    beyond that is a contestant's own. Of six values each, 5.5 times the standard deviation.

    Args:
        values: independent of each other.
        others: likewise, as many or not.
    """
    from scipy.special import fdtri

    if min(len(values), len(others)) < 2:
        return False
    most = fdtri(len(values) - 1, len(others) - 1, 1 - _OWN)
    return statistics.variance(values) > float(most) * statistics.variance(others)


def student(probability: float, freedom: int) -> float:
    """Quantile of Student's t.

    Args:
        probability: below the quantile.
        freedom: degrees of it.
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def per_call(turns: Mapping[str, Sequence[Sequence[Turn | None]]], name: str) -> list[float]:
    """Seconds of a call of one contestant, a median for each pair; shown, never scored.

    Args:
        turns: by contestant, pair and round.
        name: of the contestant.
    """
    found = []
    for rounds in turns[name]:
        there = [turn.seconds / turn.calls for turn in rounds if turn is not None]
        if there:
            found.append(statistics.median(there) - idle_per_call(rounds))
    return found
