"""A race of two callables in this process, and what it shares with the race of two revisions.

Both sides are the user's own code, so that no wall is needed and the clock may stand in the process that runs them.
The two take turns in drawn order, by blocks of drawn length. A *chunk* of such rounds is one observation, as a pair of
processes is one in ``ptassess.measure.race``: neighbouring rounds see the machine in one state and are not independent.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ptassess.measure import blocks, stats
from ptassess.measure.stats import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LEAST_CHUNKS = 8
"""That a race has in any case; ``is_look`` says after how many more it is looked at."""
CHUNK_SECONDS = 0.1
SECONDS = 3.0
PRECISION = 0.005
"""Half-width of the deciding interval at which a race without a threshold ends."""
ALIKE = 2.0
"""Sides whose calls take the same time up to this factor have blocks of as many calls."""
_JITTER = 0.25, 1.0
"""Of a block's length, by round: blocks of one length lock on to whatever else happens at regular times."""

NEW, OLD = "new", "old"


class Side(Protocol):
    """What takes turns."""

    def __call__(self, calls: int, *, warm: bool) -> blocks.Timed:
        """Time a block.

        Args:
            calls: in it.
            warm: whether a call that is not timed comes before it.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Raced:
    """What a race found.

    Args:
        turns: by side (``new``, ``old``), chunk and round.
        seconds: that the race took.
    """

    turns: Mapping[str, Sequence[Sequence[Turn]]] = field(repr=False)
    seconds: float

    @property
    def logs(self) -> list[float]:
        """Log-ratios of the chunks, above 0 where the new side is faster."""
        found = (stats.pair_ratio(a, b) for a, b in zip(self.turns[NEW], self.turns[OLD], strict=True))
        return [log for log in found if log is not None]

    def at(self, confidence: float) -> stats.Ratio:
        """The ratio with an interval of that confidence.

        Args:
            confidence: that the interval holds the true ratio.
        """
        return stats.combine(self.logs, confidence=confidence)

    @property
    def ratio(self) -> float:
        """How many times as fast the new side is."""
        return self.at(stats.SHOWN).value

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.at(stats.SHOWN).low

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.at(stats.SHOWN).high

    @property
    def half_width(self) -> float:
        """Half the length of the 99 % interval, relative to the ratio."""
        return self.at(stats.DECIDES).half_width

    @property
    def new_seconds(self) -> float:
        """Seconds of a call of the new side: the median over the chunks."""
        return stats.centre(stats.per_call(self.turns, NEW))

    @property
    def old_seconds(self) -> float:
        """Seconds of a call of the old side: the median over the chunks."""
        return stats.centre(stats.per_call(self.turns, OLD))

    def verdict(self, at_least: float) -> stats.Verdict:
        """Whether the new side is so many times as fast: ``pass``, ``fail`` or ``inconclusive``.

        Args:
            at_least: the threshold, held against the 99 % interval.
        """
        return stats.verdict(self.at(stats.DECIDES), at_least)

    def __str__(self) -> str:
        """One line."""
        return f"{self.ratio:.3f} times as fast (95 % interval {self.low:.3f} to {self.high:.3f})"


def race(
    new: Callable[[], object],
    old: Callable[[], object],
    *,
    at_least: float | None = None,
    seconds: float = SECONDS,
    draw: random.Random | None = None,
) -> Raced:
    """Race two callables.

    Args:
        new: called without arguments.
        old: what it is compared with.
        at_least: the threshold that the race has to decide; by default it ends when it is precise (``PRECISION``).
        seconds: after which it ends in any case; eight chunks of at least one round are run, however long they take.
        draw: the order of turns and the lengths of blocks.

    Returns:
        The race; without ``logs`` if a callable takes no time that can be told from that of the loop around it.
    """
    began = time.perf_counter()
    draw = draw or random.Random()  # noqa: S311  no secret
    watch = blocks.Stopwatch()
    callables = {NEW: new, OLD: old}
    plan = Plan({name: blocks.pilot(partial(watch.block, function)) for name, function in callables.items()})
    sides = {name: partial(_block, watch, function) for name, function in callables.items()}
    turns: dict[str, list[list[Turn]]] = {NEW: [], OLD: []}
    run_chunk(sides, plan, CHUNK_SECONDS, draw)  # everybody's warm-up
    while True:
        for name, found in run_chunk(sides, plan, CHUNK_SECONDS, draw).items():
            turns[name].append(found)
        spent = time.perf_counter() - began
        raced = Raced(turns=turns, seconds=spent)
        count = len(turns[NEW])
        if count < LEAST_CHUNKS:
            continue
        if spent > seconds or (is_look(count, LEAST_CHUNKS) and raced.logs and _is_enough(raced, at_least)):
            return raced


def _block(watch: blocks.Stopwatch, function: Callable[[], object], calls: int, *, warm: bool) -> blocks.Timed:
    if warm:
        watch.block(function, 1)
    return watch.block(function, calls)


def _is_enough(raced: Raced, at_least: float | None) -> bool:
    if at_least is None:
        return raced.half_width <= PRECISION
    return stats.verdict(raced.at(early(stats.DECIDES)), at_least) != "inconclusive"


def is_look(count: int, least: int) -> bool:
    """Whether a race is looked at after so many observations, to end it if it is decided.

    Args:
        count: of chunks, or of pairs of processes.
        least: at which the first look comes; each next one at half as many again: 6, 9, 13, 19, 28, 42, …
    """
    look = least
    while look < count:
        look += max(1, look // 2)
    return look == count


def early(confidence: float) -> float:
    """Of the interval that may end a race before its time is up: it errs a tenth as often.

    Each look is one more chance to err. Strict early looks leave the last one at nearly its own level (Haybittle,
    British Journal of Radiology 44, 1971; Peto et al., British Journal of Cancer 34, 1976).

    Args:
        confidence: of the interval that decides when time is up.
    """
    return 1 - (1 - confidence) / 10


class Plan:
    """How many calls a block of each side has.

    Args:
        seconds: of a call, by side.
    """

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self.calls: dict[str, int] = {}
        self.is_short = {name: took < blocks.WARM_SECONDS for name, took in seconds.items()}
        leader, calls = 0.0, 1
        for name in sorted(seconds, key=lambda name: seconds[name]):
            if not leader or seconds[name] > ALIKE * leader:
                leader = seconds[name]
                calls = max(1, math.ceil(blocks.BLOCK_SECONDS / leader))
            self.calls[name] = calls


def run_chunk(sides: Mapping[str, Side], plan: Plan, seconds: float, draw: random.Random) -> dict[str, list[Turn]]:
    """Rounds of turns.

    Args:
        sides: by name.
        plan: their lengths.
        seconds: of turns after which no further round begins; there is one in any case.
        draw: orders and lengths.
    """
    turns: dict[str, list[Turn]] = {name: [] for name in sides}
    spent = 0.0
    while spent < seconds:
        share = draw.uniform(*_JITTER)
        for name in draw.sample(list(sides), len(sides)):
            calls = max(1, round(share * plan.calls[name]))
            timed = sides[name](calls, warm=plan.is_short[name])
            turns[name].append(Turn(calls=calls, seconds=timed.seconds, idle=timed.idle))
            spent += timed.lasted  # not the clock: a busy machine would leave less to a chunk
    return turns
