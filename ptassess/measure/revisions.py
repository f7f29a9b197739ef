"""A race of two revisions of a project: what their tests do, in fresh processes of both, in turns.

The project's code is the user's own, so that its process may hold the clock; the judge draws who runs what and when.
"""

from __future__ import annotations

import os
import random
import statistics
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from ptassess.measure import cores, stats, trusted
from ptassess.measure.blocks import Timed
from ptassess.measure.checkouts import BASE, HEAD
from ptassess.measure.lock import DeviceLock
from ptassess.measure.revision_process import EndedError, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptassess.measure.revision_process import Setting
    from ptassess.measure.stats import Turn

Found = Literal["slower", "faster", "same", "not slower", "inconclusive", "not compared", "failed"]

LEAST_PAIRS = 6
"""Pairs of processes that each test has in any case; ``trusted.is_look`` says after how many more it is looked at."""
PAIR_SECONDS = 0.4
"""Of a test's turns in a pair: a pair is one observation, and many short ones know how processes differ."""
SECONDS = 10.0
MARGIN = 0.02


@dataclass
class Test:
    """What is known about one test.

    Args:
        node: pytest's id.
        turns: by side, pair and round.
        spent: seconds of turns.
        trouble: why it is not compared.
        failed: whether that is head's fault: base passes.
    """

    __test__ = False  # pytest

    node: str
    turns: dict[str, list[list[Turn]]] = field(default_factory=lambda: {BASE: [], HEAD: []})
    spent: float = 0.0
    trouble: str = ""
    failed: bool = False

    @property
    def pairs(self) -> int:
        """How many pairs of processes have run it."""
        return len(self.turns[HEAD])

    def seconds(self, side: str) -> float:
        """Of a call: the median over the pairs.

        Args:
            side: ``base`` or ``head``.
        """
        return statistics.median(stats.per_call(self.turns, side))

    @property
    def logs(self) -> list[float]:
        """Log-ratios of the pairs, above 0 where head is faster."""
        found = (stats.pair_ratio(a, b) for a, b in zip(self.turns[HEAD], self.turns[BASE], strict=True))
        return [log for log in found if log is not None]

    def ratio(self, confidence: float) -> stats.Ratio | None:
        """How many times as fast head is; None if nothing can be said.

        Args:
            confidence: of the interval.
        """
        logs = self.logs
        return stats.combine(logs, confidence=confidence) if logs else None

    def found(self, margin: float, confidence: float) -> Found:
        """What is known about its speed.

        Args:
            margin: the slow-down that is accepted.
            confidence: of the interval that decides.
        """
        if self.trouble:
            return "failed" if self.failed else "not compared"
        ratio = self.ratio(confidence)
        return "inconclusive" if ratio is None else judge(ratio, margin)


def is_decided(logs: Sequence[float], margin: float, confidence: float) -> bool:
    """Whether a test needs no further pair though there is time: being the same has to be known to half the margin.

    Args:
        logs: log-ratios of its pairs.
        margin: the slow-down that is accepted.
        confidence: of the interval that decides when time is up; the one of an early look is stricter.
    """
    if not logs:
        return False
    ratio = stats.combine(logs, confidence=trusted.early(confidence))
    found = judge(ratio, margin)
    return found in {"slower", "faster"} or (found == "same" and ratio.half_width <= margin / 2)


def judge(ratio: stats.Ratio, margin: float) -> Found:
    """The verdict on a ratio.

    Args:
        ratio: how many times as fast head is, with the interval that decides.
        margin: the slow-down that is accepted: 0.02 for 2 % more time.

    Returns:
        ``slower`` and ``faster`` if the interval lies beyond the margin, ``same`` if within; ``not slower`` if it lies
        above the lower end and across the upper one.
    """
    verdict = stats.verdict(ratio, 1 / (1 + margin))
    if verdict != "pass":
        return "slower" if verdict == "fail" else "inconclusive"
    if ratio.high <= 1 + margin:
        return "same"
    return "faster" if ratio.low > 1 + margin else "not slower"


def confidence_for(tests: int) -> float:
    """Of the interval that decides each of several tests, so that all together err as seldom as one (Bonferroni).

    Args:
        tests: how many there are.
    """
    return 1 - (1 - stats.DECIDES) / max(1, tests)


def collect(setting: Setting, side: str, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The ids of the tests that pytest finds, and what it cannot collect, by id; by "" why it did not begin.

    Args:
        setting: what is run.
        side: ``base`` or ``head``.
        arguments: files, folders and ids.

    Raises:
        UserError: if there is no such interpreter, or what was imported is not the checkout's.
    """
    found: list[str] = []
    errors: dict[str, str] = {}
    with Worker(setting, side, arguments, only_collect=True) as worker:
        while (message := worker.next()) is not None:
            if message["kind"] == "test":
                found.append(message["node"])
            elif message["kind"] == "error":
                errors[message["node"]] = message["text"]
        status = worker.end()
        if status not in {0, 5} and not errors:
            errors[""] = f"pytest in {side}: {worker.said()}"
    return found, errors


def run(  # noqa: PLR0913  what a race is made of
    setting: Setting,
    tests: Sequence[Test],
    *,
    margin: float = MARGIN,
    seconds: float = SECONDS,
    draw: random.Random | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Run tests in pairs of processes until each is decided or has had its time; notes in them what was found.

    Args:
        setting: what is run.
        tests: those that both revisions have.
        margin: the slow-down that is accepted.
        seconds: of turns of each test, after which it gets no further pair; there are ``LEAST_PAIRS`` in any case.
        draw: orders, cores and lengths.
        progress: called after each pair with how many there were, and how many tests go on.

    Raises:
        UserError: if a process cannot run.
    """
    draw = draw or random.Random()  # noqa: S311  no secret
    confidence = confidence_for(len(tests))
    going, pairs = list(tests), 0
    while going:
        with DeviceLock().alone():
            _run_pair(setting, going, draw)
        pairs += 1
        going = [
            test
            for test in going
            if not test.trouble
            and (pairs < LEAST_PAIRS or test.spent < seconds)
            and not (trusted.is_look(pairs, LEAST_PAIRS) and is_decided(test.logs, margin, confidence))
        ]
        progress(pairs, len(going))


def _run_pair(setting: Setting, tests: Sequence[Test], draw: random.Random) -> None:
    """Fresh processes of both revisions run each test's turns."""
    with ExitStack() as stack:
        core = None
        if setting.pin and hasattr(os, "sched_setaffinity"):
            core = stack.enter_context(cores.judge_apart(draw))
        seed = draw.randrange(2**32)
        nodes = [test.node for test in tests]
        workers = {}
        for side in draw.sample([BASE, HEAD], 2):
            workers[side] = stack.enter_context(Worker(setting, side, nodes, core=core, seed=seed))
        for test in tests:
            _run_test(test, workers, draw)
        for worker in workers.values():
            while worker.next() is not None:
                pass
            worker.end()


def _run_test(test: Test, workers: Mapping[str, Worker], draw: random.Random) -> None:
    ready = [worker.wait_until_ready(test.node) for worker in workers.values()]
    if all(ready):
        calls = {}
        for side, worker in workers.items():  # in both, so that what fails in head is known to do so
            with suppress(EndedError):
                calls[side] = worker.ask(kind="pilot")["seconds"]
        with suppress(EndedError):
            if len(calls) == len(workers):
                sides = {side: partial(_block, worker) for side, worker in workers.items()}
                for side, turns in trusted.run_chunk(sides, trusted.Plan(calls), PAIR_SECONDS, draw).items():
                    test.turns[side].append(turns)
                # A pair lasts so long at least; the preparations of calls are not in their times.
                test.spent += max(PAIR_SECONDS, sum(turn.seconds for side in sides for turn in test.turns[side][-1]))
    ended = {side: worker.stop() for side, worker in workers.items()}
    outcomes = {side: ended[side]["outcome"] for side in (BASE, HEAD)}
    if outcomes[BASE] == outcomes[HEAD] != "passed":
        test.trouble = f"{outcomes[HEAD]} in both: {ended[HEAD]['text']}"
        return
    for side in (BASE, HEAD):  # head's trouble is the one to show, where both have some
        if outcomes[side] != "passed":
            test.trouble = f"{outcomes[side]} in {side}: {ended[side]['text']}"
    test.failed = outcomes == {BASE: "passed", HEAD: "failed"}


def _block(worker: Worker, calls: int, *, warm: bool) -> Timed:
    answer = worker.ask(kind="run", calls=calls, warm=warm)
    return Timed(answer["seconds"], answer["idle"], answer["lasted"])
