"""From the times of interleaved blocks to a ratio, its interval, a verdict and a credit: pure functions.

A race has several *pairs*: fresh processes, one for each contestant. In a pair the contestants take turns, in drawn
order, for some *rounds*; a turn is a block of calls whose time the judge took. Two processes that run the same code
differ by where their memory happens to lie, so a pair counts as one observation, however many rounds it had: the ratio
of a race is the mean of the pairs' log-ratios, and its interval is Student's.
"""

from __future__ import annotations

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
LEAST_RANGE = 1.5
"""Least ratio of baseline and reference at which a speed can be graded: below it noise would decide the credit."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A block of calls of one contestant.

    Args:
        calls: in the block.
        seconds: from the request to the last byte of the answer, preempted time taken out.
        idle: what a block of as many calls takes that do nothing, in seconds.
    """

    calls: int
    seconds: float
    idle: float


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

    The times are compared round by round, since both sides of a round saw the machine in the same state; the share of a
    block that is not the contestant's is compared by medians, since it is small and does not change.

    Args:
        fast: a contestant's turns by round; None where it had none.
        slow: the other's.

    Returns:
        The log-ratio, above 0 if the first is faster; None if no round had both, or one of them takes no time that can
        be told from an idle block.
    """
    both = [(a, b) for a, b in zip(fast, slow, strict=True) if a is not None and b is not None]
    if not both:
        return None
    log = statistics.median(math.log((b.seconds / b.calls) / (a.seconds / a.calls)) for a, b in both)
    net = [1 - statistics.median(turn.idle / turn.seconds for turn in side) for side in zip(*both, strict=True)]
    if min(net) <= 0:
        return None
    return log + math.log(net[1]) - math.log(net[0])


def combine(logs: Sequence[float], *, confidence: float = SHOWN, control: float = 0.0) -> Ratio:
    """The ratio of a race and its interval: Student's, over the pairs.

    Args:
        logs: of the pairs, at least one.
        confidence: of the interval.
        control: log-ratio that the A/A control came to, which should have been 0; it widens the interval in quadrature.
    """
    count = len(logs)
    mean = statistics.fmean(logs)
    if count < 2:
        return Ratio(value=math.exp(mean), low=0.0, high=math.inf, spread=math.inf, pairs=count)
    spread = statistics.stdev(logs)
    half = math.hypot(student((1 + confidence) / 2, count - 1) * spread / math.sqrt(count), control)
    return Ratio(
        value=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), spread=spread, pairs=count
    )


def verdict(ratio: Ratio, at_least: float) -> Verdict:
    """Whether a ratio clears a threshold.

    Args:
        ratio: with the interval that decides (``DECIDES``).
        at_least: the threshold.
    """
    if ratio.low >= at_least:
        return "pass"
    return "fail" if ratio.high < at_least else "inconclusive"


def credit(*, speed: float, reference: float) -> float | None:
    """What a speed is worth, between 0 (the baseline's pace) and 1 (0.9 of the reference's, and above).

    Args:
        speed: how many times as fast as the baseline the solution is.
        reference: how many times as fast the reference is, on the same machine in the same race.

    Returns:
        None where the reference is less than 1.5 times as fast as the baseline here: nothing can be graded then.
    """
    if reference < LEAST_RANGE:
        return None
    return min(1.0, max(0.0, math.log(speed) / math.log(FULL_CREDIT * reference)))


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
        seconds = [(turn.seconds - turn.idle) / turn.calls for turn in rounds if turn is not None]
        if seconds:
            found.append(statistics.median(seconds))
    return found
