"""The race: contestants that run the same calls in turns, each in a process of its own, by the judge's clock.

A race is made of *pairs* (fresh processes of all contestants, pinned to one core, the judge spinning on another) and a
pair of *rounds*. In a round every contestant gets the same fresh inputs and takes its turn, in drawn order; a turn is a
warm-up call and a block of calls that is timed. A further contestant, which does nothing, takes turns as well: what its
blocks take is everybody's overhead, and is taken out. After a turn the judge looks at a result that nobody could know
it would look at.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ptassess.errors import SolutionProtocol
from ptassess.measure import cores, stats
from ptassess.measure.stats import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ptassess.sandbox import Limits
    from ptassess.sandbox.contestant import Contestant
    from ptassess.sandbox.wall import ProcessWall

BLOCK_SECONDS = 1e-3
"""A timed block takes about so long where the calls allow: preemption, which comes in steps of milliseconds, then hits
few of them."""
MOST_CALLS = 200
MOST_BYTES = 64 << 20  # of an arena
SLOW_SECONDS = 10e-3
"""A contestant whose call takes longer has one turn a pair: so slow a one needs no precision."""
ROUNDS = 12
LEAST_PAIRS = 6
MOST_PAIRS = 40
SECONDS = 3.0
PRECISE = 0.005
"""Half-width of the shown interval at which a race ends before its time is up."""
_JITTER = 0.5, 1.0
"""Of a block's length, by round: blocks of one length lock on to whatever else happens at regular times."""
_SPIN = 1.0
_IDLE = ""
_CHECKED_SHARE = 0.25  # of the race's time, for the judge's own look at results


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """Who takes part.

    Args:
        path: of the solution's file.
        shown_as: its name in messages.
        overlay: a file to execute on top of it.
    """

    path: Path | None
    shown_as: str
    overlay: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is run.

    Args:
        name: of the function.
        inputs: draws the arguments of one call; their shapes, dtypes and everything but the tensors' values are the
            same each time.
        check: looks at a result and raises ``AssertionError`` if it is wrong; called with it and the arguments.
        limits: of each contestant.
        source: of the probes, if the function is one of theirs.
    """

    name: str
    inputs: Callable[[], Sequence[Any]]
    check: Callable[..., None]
    limits: Limits
    source: str | None = None


@dataclass
class Times:
    """The turns of a race, by contestant, pair and round.

    Args:
        turns: as said.
        checked: how many results the judge has looked at.
        seconds: that the race took.
    """

    turns: dict[str, list[list[Turn | None]]] = field(default_factory=dict)
    checked: int = 0
    seconds: float = 0.0

    def logs(self, fast: str, slow: str) -> list[float]:
        """The pairs' log-ratios of two contestants.

        Args:
            fast: name.
            slow: name.
        """
        found = [stats.pair_ratio(a, b) for a, b in zip(self.turns[fast], self.turns[slow], strict=True)]
        return [log for log in found if log is not None]

    def idle_share(self, name: str) -> float:
        """The share of a contestant's blocks that is everybody's overhead.

        Args:
            name: of the contestant.
        """
        shares = [turn.idle / turn.seconds for pair in self.turns[name] for turn in pair if turn is not None]
        return statistics.median(shares) if shares else math.nan


def run(  # noqa: PLR0913  what a race is made of
    wall: ProcessWall,
    entrants: Mapping[str, Entrant],
    event: Event,
    *,
    enough: Callable[[Times], bool],
    seconds: float = SECONDS,
    draw: random.Random | None = None,
) -> Times:
    """Run a race.

    Args:
        wall: behind which the contestants run.
        entrants: by name.
        event: what they run.
        enough: whether what was found so far decides what is asked; looked at after each pair, from the sixth on.
        seconds: after which it ends in any case; six pairs are run first, however long they take.
        draw: what nobody may foresee: orders, cores, and which results are looked at.

    Raises:
        SolutionError: if a contestant gives no value.
        AssertionError: if a result is wrong.
    """
    draw = draw or random.SystemRandom()
    began = time.perf_counter()
    times = Times(turns={name: [] for name in entrants})
    pilot = _Pilot.fly(wall, entrants, event)
    for pair in range(MOST_PAIRS):
        if pair >= LEAST_PAIRS and (time.perf_counter() - began > seconds or enough(times)):
            break
        _run_pair(wall, entrants, event, pilot, times, draw)
    times.seconds = time.perf_counter() - began
    return times


@dataclass(frozen=True, kw_only=True)
class _Pilot:
    """What a few calls tell of how to time the rest.

    Args:
        calls: of a block, by contestant.
        slow: contestants with one turn a pair.
        example: the arguments of one call.
        result: of one call.
        check_seconds: that the judge's look at a result takes.
    """

    calls: dict[str, int]
    slow: frozenset[str]
    example: Sequence[Any]
    result: Any
    check_seconds: float

    @classmethod
    def fly(cls, wall: ProcessWall, entrants: Mapping[str, Entrant], event: Event) -> _Pilot:
        example = list(event.inputs())
        result, calls, slow, check_seconds = None, {}, set(), 0.0
        size = sum(t.numel() * t.element_size() for t in _tensors(example)) or 1
        for name, entrant in entrants.items():
            contestant = _open(wall, entrant, event, example, 2)
            try:
                for slot in (0, 1):
                    contestant.fill(slot, example)
                laps = [contestant.lap(0, 1)]
                result = contestant.result(laps[0].done, 0)
                began = time.perf_counter()
                event.check(result, *example)
                check_seconds = max(check_seconds, time.perf_counter() - began)
                laps = [contestant.lap(0, 1) for _ in range(2 if laps[0].seconds < SLOW_SECONDS else 0)] or laps
                both = contestant.lap(0, 2).done if laps[-1].seconds < BLOCK_SECONDS else None
            finally:
                contestant.close()
            call = min(lap.seconds for lap in laps)
            if call > SLOW_SECONDS:
                slow.add(name)
            # Results that share their memory can only be looked at one by one.
            alone = both is None or both.form is None or len(set(both.pointers)) < 2
            most = min(MOST_CALLS, max(1, MOST_BYTES // size - 1))
            calls[name] = 1 if alone else max(1, min(most, math.ceil(BLOCK_SECONDS / call)))
        return cls(calls=calls, slow=frozenset(slow), example=example, result=result, check_seconds=check_seconds)


def _run_pair(  # noqa: PLR0913, PLR0917  what a pair is made of
    wall: ProcessWall,
    entrants: Mapping[str, Entrant],
    event: Event,
    pilot: _Pilot,
    times: Times,
    draw: random.Random,
) -> None:
    most = max(pilot.calls.values())
    with ExitStack() as stack:
        core, spins = stack.enter_context(cores.judge_apart(draw))
        field_: dict[str, Contestant] = {}
        idle = Entrant(path=None, shown_as="idle")
        for name, entrant in draw.sample([*entrants.items(), (_IDLE, idle)], len(entrants) + 1):
            contestant = _open(wall, entrant, event, pilot.example, most + 1, idle=pilot.result if not name else None)
            stack.callback(contestant.close)
            contestant.pin(core)
            contestant.spin(_SPIN if spins else 0.0)
            field_[name] = contestant
        rounds: dict[str, list[Turn | None]] = {name: [] for name in entrants}
        slow_round = draw.randrange(1, ROUNDS + 1)
        for number in range(ROUNDS + 1):
            starters = [n for n in entrants if n not in pilot.slow or number == slow_round]
            found = _run_round(field_, starters, event, pilot, times, draw)
            if number:  # the first is everybody's warm-up
                for name in entrants:
                    rounds[name].append(found.get(name))
        for name, contestant in field_.items():
            if not contestant.affinity() <= {core}:
                raise SolutionProtocol(f"{event.name}: it moved to another core while it was timed")
            if name:
                times.turns[name].append(rounds[name])


def _run_round(  # noqa: PLR0913, PLR0917  what a round is made of
    contestants: Mapping[str, Contestant],
    starters: Sequence[str],
    event: Event,
    pilot: _Pilot,
    times: Times,
    draw: random.Random,
) -> dict[str, Turn]:
    factor = draw.uniform(*_JITTER)
    calls = {name: max(1, round(factor * pilot.calls[name])) for name in starters}
    most = max(pilot.calls.values())
    batch = [event.inputs() for _ in range(max(calls.values()) + 1)]  # the last one is for warming up
    # Blocks of as many calls that do nothing, for each length that occurs.
    turns = [*calls.items()] + [(_IDLE, count) for count in set(calls.values())]
    seconds: dict[tuple[str, int], float] = {}
    for name, count in draw.sample(turns, len(turns)):
        contestant = contestants[name]
        contestant.fill(most, batch[-1])
        contestant.lap(most, 1)
        for slot in range(count):
            contestant.fill(slot, batch[slot])
        lap = contestant.lap(0, count)
        seconds[name, count] = lap.seconds
        if name and _is_looked_at(pilot, draw):
            index = draw.randrange(count)
            event.check(contestant.result(lap.done, index), *batch[index])
            times.checked += 1
    return {
        name: Turn(calls=count, seconds=seconds[name, count], idle=seconds[_IDLE, count])
        for name, count in calls.items()
    }


def _is_looked_at(pilot: _Pilot, draw: random.Random) -> bool:
    """Every result if looking is quick; else as many as the judge has time for, and some in any case."""
    affordable = _CHECKED_SHARE * SECONDS / max(pilot.check_seconds, 1e-6)
    turns = LEAST_PAIRS * (ROUNDS + 1) * len(pilot.calls)
    return draw.random() < max(affordable, 16) / turns


def _open(  # noqa: PLR0913, PLR0917  what a contestant is made of
    wall: ProcessWall, entrant: Entrant, event: Event, example: Sequence[Any], slots: int, idle: Any = None
) -> Contestant:
    return wall.contestant(
        entrant.path,
        limits=event.limits,
        shown_as=entrant.shown_as,
        overlay=entrant.overlay,
        name=event.name,
        args=example,
        slots=slots,
        source=event.source,
        idle=idle,
    )


def _tensors(value: Any) -> list[Any]:
    from ptassess.sandbox.arena import tensors_of

    return tensors_of(value)
