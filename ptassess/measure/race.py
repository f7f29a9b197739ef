"""The race: contestants that run the same calls in turns, each in a process of its own, by the judge's clock.

A race is made of *pairs* (fresh processes of all contestants, pinned to one core, the judge spinning on another) and a
pair of *rounds*. In a round every contestant takes its turn, in drawn order: a block of calls on fresh inputs, which is
timed. A further contestant, which does nothing, takes turns as well: what its blocks take is everybody's overhead, and
is taken out. How many calls a turn has is drawn, and of many turns the judge looks at the last result: any call may be
the last one.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ptassess.errors import ContentError, NotAssessed, SolutionError, SolutionProtocol, Undecided
from ptassess.measure import cores, gpu, pace
from ptassess.measure.stats import Turn
from ptassess.measure.times import Times
from ptassess.sandbox.contestant import WentOn
from ptassess.sandbox.devices import CPU
from ptassess.sandbox.handover import tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ptassess.sandbox import Limits
    from ptassess.sandbox.contestant import Contestant, Lap
    from ptassess.sandbox.wall import ProcessWall

BLOCK_SECONDS = 8e-3
"""Of a turn, about. Its calls' median counts, so a few more of them are worth more than a few more turns."""
MOST_CALLS = 200
MOST_BYTES = 64 << 20  # of a turn's inputs
MOST_WRITING = 0.05
"""Share of the fastest call that writing its inputs may take to be done while the worker goes on: one that began with
what is there already could gain that at most. Where it takes longer, the worker stands still before each call."""
ALIKE = 2.0
"""Contestants whose calls take the same time up to this factor have turns of as many calls."""
SECONDS = 3.0
PAIR_SECONDS = 0.3
"""Of a pair's turns. Two fresh processes take 50 ms to start and end, and their memory may lie well or badly: many
short pairs know that better than few long ones."""
LOOKS = 6, 9, 13, 19, 28, 40
"""Pairs after which a race is looked at, to end it if it is decided: each look is one more chance to be wrong."""
LEAST_ROUNDS = 4
MOST_ROUNDS = 400
WARM_SECONDS = 2e-3, 20e-3
"""Before turns of shorter calls come two calls, or one, that are not timed: code and data are cold after the others'
turns. Of a product of two matrices of 0.55 ms the first call took 0.87 ms, the second 0.62, the third 0.57."""
_JITTER = 0.75, 1.25
"""Of a block's length, by round: blocks of one length lock on to whatever else happens at regular times."""
_SHORT_SHARE = 0.25
"""Of the rounds, which end earlier, anywhere: no call is safe from being the one that is looked at."""
_IDLE_SHARE = 0.5
"""Of the rounds, in which the idle contestant takes a turn as well: what it takes is measured in each pair anew, so
that the interval contains how well it is known."""
_SPIN = 0.1
_IDLE = ""
_CHECKED_SHARE = 0.15  # of the time, for the judge's own look at results
_LEAST_CHECKED = 48  # about so many results are looked at in any case
_TURN_SECONDS = 2e-3  # that a turn takes beside its block
_PILOT_CALLS = 3, 8
_PILOT_SECONDS = 50e-3  # after which the smaller number of calls is enough
_TRIES = 3

_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """Who takes part.

    Args:
        path: of the solution's file.
        shown_as: its name in messages.
        overlay: a file to execute on top of it.
        trusted: its code is ours, so that a look at one result is enough.
        files: and folders that each of its processes begins with, by the name in its folder.
    """

    path: Path | None
    shown_as: str
    overlay: Path | None = None
    trusted: bool = False
    files: Mapping[str, Path] | None = None


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
        device: ``cpu`` or ``cuda``. Inputs are drawn in host memory in any case, and checked there; calls get copies.
    """

    name: str
    inputs: Callable[[], Sequence[Any]]
    check: Callable[..., None]
    limits: Limits
    source: str | None = None
    device: str = CPU


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
        enough: whether what was found so far decides what is asked; asked after the numbers of pairs in ``LOOKS``.
        seconds: after which it ends in any case; six pairs (three on an accelerator) are run first, however long they
            take.
        draw: what nobody may foresee: orders, cores, and which results are looked at.

    Raises:
        SolutionError: if a contestant gives no value.
        AssertionError: if a result is wrong.
        ContentError: if that happens to a contestant whose code is ours.
        NotAssessed: if the event's device cannot be used.
    """
    race = _Race(wall, entrants, event, draw or random.SystemRandom())
    try:
        with _quiet():
            race.fly()
            looks = race.pace.looks
            while race.pairs < looks[0] or (race.elapsed() < seconds and race.pairs < looks[-1]):
                _try(race.run_pair)
                if race.pairs in looks and enough(race.times):
                    break
    finally:
        race.close()
    race.times.seconds = race.elapsed()
    return race.times


class _Race:
    """A race under way.

    Args:
        wall: behind which the contestants run.
        entrants: by name.
        event: what they run.
        draw: what nobody may foresee.
    """

    def __init__(self, wall: ProcessWall, entrants: Mapping[str, Entrant], event: Event, draw: random.Random) -> None:
        self.times = Times(turns={name: [] for name in entrants}, memory_mb={name: [] for name in entrants})
        self.pairs = 0
        self.pace = _pace_on(event.device)
        self._began = time.perf_counter()
        self._wall = wall
        self._entrants = entrants
        self._event = event
        self._draw = draw
        self._example = list(event.inputs())
        self._bytes = sum(tensor.nbytes for tensor in tensors_of(self._example)) or 1
        self._call_seconds: dict[str, float] = {}
        self._calls: dict[str, int] = {}
        self._block_seconds: dict[str, float] = {}
        self._warm: dict[str, int] = {}
        self._check_seconds = 0.0
        self._fewest_rounds = MOST_ROUNDS
        self._write_seconds = math.inf
        self._apart = True
        self._result: Any = None
        self._spin = _SPIN if cores.may_spin() else 0.0
        self._idle: Contestant | None = None
        self._seen: list[Sequence[Any]] = []

    def elapsed(self) -> float:
        """Seconds since the race began."""
        return time.perf_counter() - self._began

    def close(self) -> None:
        """End what takes part in all pairs."""
        if self._idle is not None:
            self.times.idle_mb = self._idle.close().max_rss_mb

    def fly(self) -> None:
        """A few calls of each contestant tell how to time the rest."""
        if self._event.device != CPU:
            self._try_device()
        for name, entrant in self._entrants.items():
            try:
                self._call_seconds[name] = _try(partial(self._pilot, entrant))
            except (AssertionError, SolutionError, Undecided) as error:
                if entrant.trusted:
                    told = str(error).partition("\n")[0]
                    raise ContentError(f"{entrant.shown_as}: {told}") from error
                raise
        self._idle = self._open(Entrant(path=None, shown_as="idle"), idle=self._result)

    def _plan(self) -> None:
        """Lay down how many calls a turn has, from the least time that a call of each has taken so far.

        Contestants whose turns have other lengths find code and data in other states. So this is done anew for each
        pair: a first call that was in somebody's way must not decide it for the whole race.
        """
        seconds = self._call_seconds
        self._apart = self._write_seconds > MOST_WRITING * min(seconds.values())
        most = min(MOST_CALLS, MOST_BYTES // self._bytes)
        leader = 0.0
        calls = 1
        for name in sorted(seconds, key=lambda name: seconds[name]):
            if not leader or seconds[name] > ALIKE * leader:
                leader, calls = seconds[name], max(1, min(most, math.ceil(self.pace.block / seconds[name])))
            self._calls[name] = calls
            self._block_seconds[name] = seconds[name] * calls
            self._warm[name] = sum(leader < limit for limit in WARM_SECONDS)

    def _try_device(self) -> None:
        """A device that does not work is nobody's fault here, and is found with none of a contestant's code."""
        try:
            self._open(Entrant(path=None, shown_as="idle"), idle=0).close()
        except SolutionError as error:
            raise NotAssessed(f"a fresh process cannot use the device {self._event.device} on this machine") from error

    def _pilot(self, entrant: Entrant) -> float:
        """Seconds of a call."""
        contestant = self._open(entrant)
        try:
            self._result = contestant.turn([self._example], look=True).result  # the first call: imports, tuning
            began = time.perf_counter()
            self._event.check(self._result, *self._example)
            self._check_seconds = max(self._check_seconds, time.perf_counter() - began)
            self._write_seconds = min(self._write_seconds, *(contestant.write(self._example) for _ in range(5)))
            laps: list[float] = []
            least, most = _PILOT_CALLS
            began = time.perf_counter()
            while len(laps) < least or (len(laps) < most and time.perf_counter() < began + _PILOT_SECONDS):
                laps.append(contestant.turn([self._example], warm=[self._example]).seconds)
            return min(laps)
        finally:
            contestant.close()

    def run_pair(self) -> None:
        """Fresh processes of all contestants, and their rounds."""
        assert self._idle is not None
        self._plan()
        self._note_device()
        with ExitStack() as stack:
            core = stack.enter_context(cores.judge_apart(self._draw))
            contestants: dict[str, Contestant] = {_IDLE: self._idle}
            for name in self._draw.sample(list(self._entrants), len(self._entrants)):
                contestants[name] = self._open(self._entrants[name])
                stack.callback(self._end, name, contestants[name])
            for contestant in contestants.values():
                contestant.pin(core)
            if self.pace.ramp:
                for name in self._entrants:
                    self._ramp(contestants[name], self._calls[name])
            self._run_rounds(contestants)
            for name in self._entrants:
                if not contestants[name].affinity() <= {core}:
                    raise SolutionProtocol(f"{self._event.name}: it moved to another core while it was timed")
        self._note_device()
        self.pairs += 1

    def _end(self, name: str, contestant: Contestant) -> None:
        self.times.memory_mb[name].append(contestant.close().max_rss_mb)

    def _ramp(self, contestant: Contestant, calls: int) -> None:
        """Warm up until blocks take the same time: the clocks of an idle accelerator are low, and rise slowly."""
        batch = [self._example] * calls
        medians: list[float] = []
        until = time.perf_counter() + self.pace.ramp
        while time.perf_counter() < until and not pace.is_steady(medians):
            laps, began = [contestant.turn(batch).seconds], time.perf_counter()
            while time.perf_counter() < began + pace.RAMP_STEP:
                laps.append(contestant.turn(batch).seconds)
            medians.append(statistics.median(laps))

    def _note_device(self) -> None:
        if self._event.device == CPU:
            return
        if (reading := gpu.read()) is not None:
            self.times.clocks.append(reading.mhz)
            notes = [f"throttled: {reason}" for reason in reading.throttled]
            self.times.notes += [note for note in notes if note not in self.times.notes]

    def _run_rounds(self, contestants: Mapping[str, Contestant]) -> None:
        self._run_round(contestants, list(self._entrants))  # everybody's warm-up, memory included
        rounds: list[dict[str, Turn]] = []
        spent = dict.fromkeys(self._entrants, 0.0)
        began = time.perf_counter()
        while len(rounds) < MOST_ROUNDS:
            late = time.perf_counter() - began > self.pace.pair
            # Who is slow has had its share of the time after a turn or two.
            share = self.pace.pair / len(self._entrants)
            starters = [
                name
                for name, block in self._block_seconds.items()
                if not rounds or spent[name] + block < share or (len(rounds) < LEAST_ROUNDS and block < share)
            ]
            if len(starters) < min(2, len(self._entrants)) or (late and len(rounds) >= LEAST_ROUNDS):
                break
            found = self._run_round(
                contestants,
                starters,
                idle=not rounds or self._draw.random() < self.pace.idle_share,
            )
            for name, turn in found.items():
                spent[name] += turn.seconds
                self._call_seconds[name] = min(self._call_seconds[name], turn.seconds / turn.calls)
            rounds.append(found)
        self._fewest_rounds = min(self._fewest_rounds, len(rounds))
        for name in self._entrants:
            self.times.turns[name].append([found.get(name) for found in rounds])

    def _run_round(
        self, contestants: Mapping[str, Contestant], starters: Sequence[str], *, idle: bool = False
    ) -> dict[str, Turn]:
        short = self._draw.random() < _SHORT_SHARE
        factor = self._draw.random() if short else self._draw.uniform(*_JITTER)
        calls = {name: max(1, round(factor * self._calls[name])) for name in starters}
        batch = [self._event.inputs() for _ in range(max(calls.values()))]
        seen, self._seen = self._seen or batch, batch
        turns = [*calls.items()]
        if idle:  # as many calls that do nothing, for each length that occurs
            turns += [(_IDLE, count) for count in set(calls.values())]
        laps: dict[tuple[str, int], Lap] = {}
        looked = []
        for name, count in self._draw.sample(turns, len(turns)):
            ours = name == _IDLE or self._entrants[name].trusted
            # Ours get what the others had in the round before: nobody can look up results that are still to come.
            given = [seen[i % len(seen)] for i in range(count)] if ours else batch[:count]
            warm = [self._example] * self._warm.get(name, 1)
            look = not ours and self._looks(short=short)
            laps[name, count] = contestants[name].turn(given, warm=warm, apart=self._apart, look=look)
            if look:
                looked.append((laps[name, count], count, given[-1]))
        # Only now, so that nobody's turn comes after a longer pause than another's.
        for lap, count, args in looked:
            self._event.check(lap.result, *args)
            self.times.note_look(lap, count)
        return {
            name: Turn(calls=count, seconds=laps[name, count].seconds, idle=_seconds(laps.get((_IDLE, count))))
            for name, count in calls.items()
        }

    def _looks(self, *, short: bool) -> bool:
        """Whether to look at a result: at as many as there is time for, and at some in any case; in short rounds first.

        Args:
            short: the round is one of those that end earlier.
        """
        affordable = _CHECKED_SHARE * self.pace.pair / max(self._check_seconds, 1e-6)
        likely_rounds = self.pace.pair / sum(block + _TURN_SECONDS for block in self._block_seconds.values())
        rounds = min(likely_rounds, self._fewest_rounds)  # a busy machine has less of them
        share = max(affordable, _LEAST_CHECKED / self.pace.looks[0]) / max(rounds, LEAST_ROUNDS)
        likely = share / _SHORT_SHARE if short else (share - _SHORT_SHARE) / (1 - _SHORT_SHARE)
        return self._draw.random() < likely

    def _open(self, entrant: Entrant, idle: Any = None) -> Contestant:
        return self._wall.contestant(
            entrant.path,
            limits=self._event.limits,
            shown_as=entrant.shown_as,
            overlay=entrant.overlay,
            name=self._event.name,
            args=self._example,
            spin=self._spin,
            source=self._event.source,
            idle=idle,
            device=self._event.device,
            files=entrant.files,
        )


def _try(step: Callable[[], _Found]) -> _Found:
    """Carry a step out, and again from the start where something ran that had to stand still: nobody gains by that."""
    for _ in range(_TRIES - 1):
        with suppress(WentOn):
            return step()
    return step()


@contextmanager
def _quiet() -> Iterator[None]:
    """Have this process do one thing at a time.

    Python's garbage collector would take milliseconds out of some turn, and torch's threads wait for work without
    pause, on the contestants' core.
    """
    import torch

    collects, threads = gc.isenabled(), torch.get_num_threads()
    gc.disable()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if collects:
            gc.enable()


def _pace_on(device: str) -> pace.Pace:
    if device != CPU:
        return pace.ACCELERATOR
    return pace.Pace(block=BLOCK_SECONDS, pair=PAIR_SECONDS, looks=LOOKS, idle_share=_IDLE_SHARE)


def _seconds(lap: Lap | None) -> float | None:
    return None if lap is None else lap.seconds
