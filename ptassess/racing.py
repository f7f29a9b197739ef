"""A pytest plugin for your own test suite: the fixture ``race`` holds one callable's speed against another's.

Nothing is registered unless it is asked for: ``pytest -p ptassess.racing``, or in the root's ``conftest.py``
``pytest_plugins = ["ptassess.racing"]``::

    def test_the_new_parser_is_not_slower(race):
        race(lambda: new.parse(TEXT), against=lambda: old.parse(TEXT), at_least=0.98)
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.measure import stats, trusted
from ptassess.measure.lock import DeviceLock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ptassess.measure.trusted import Raced

_PROPERTY = "race"
_SHARES_LOCK = pytest.StashKey[bool]()


class Race:
    """Races callables in this process.

    Args:
        item: the test.
    """

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(
        self,
        new: Callable[[], Any],
        *,
        against: Callable[[], Any],
        at_least: float | None = None,
        seconds: float = trusted.SECONDS,
    ) -> Raced:
        """Race two callables, and hold the result against a threshold if one is given.

        Args:
            new: called without arguments: a lambda, a partial.
            against: what it is compared with, called likewise.
            at_least: how many times as fast ``new`` has to be. 0.98 accepts that it is 2 % slower, 1.05 asks that it is
                5 % faster. The 99 % interval decides.
            seconds: after which the race ends in any case; eight chunks of rounds are run, however long they take.

        Returns:
            The result: ``ratio``, ``low`` and ``high`` (the 95 % interval), ``verdict(at_least)``.

        Raises:
            pytest.fail.Exception: if the interval lies below the threshold.
            pytest.skip.Exception: if the threshold lies inside the interval when time is up: *inconclusive*.
            pytest.UsageError: if an argument cannot be used.
        """
        _check(new, against, at_least, seconds)
        lock = nullcontext() if self._item.stash.get(_SHARES_LOCK, False) else DeviceLock().alone()
        with lock:
            raced = trusted.race(new, against, at_least=at_least, seconds=seconds)
        if not raced.logs:
            raise pytest.UsageError("race: a callable does nothing that can be timed; give it more to do")
        self._item.user_properties.append((_PROPERTY, str(raced)))
        if at_least is not None:
            _judge(raced, at_least)
        return raced


@pytest.fixture
def race(request: pytest.FixtureRequest) -> Race:
    """``race(new, against=old, at_least=0.98)``: how many times as fast one callable is as another."""
    return Race(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Under xdist, a test that does not race waits for the races of the processes beside it, and they for it."""
    if not hasattr(item.config, "workerinput") or "race" in getattr(item, "fixturenames", ()):
        return (yield)
    item.stash[_SHARES_LOCK] = True
    with DeviceLock().shared():
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each race found: also where it passed."""
    lines = [
        f"{report.nodeid}: {value}"
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == _PROPERTY
    ]
    if lines:
        terminalreporter.section("races")
        for line in lines:
            terminalreporter.write_line(line)


def _check(new: object, against: object, at_least: float | None, seconds: float) -> None:
    for name, value in (("new", new), ("against", against)):
        if not callable(value):
            raise pytest.UsageError(
                f"race: {name} cannot be called, it is of type {type(value).__name__}; write lambda: in front of it"
            )
    for name, number in (("at_least", at_least), ("seconds", seconds)):
        if number is not None and not (math.isfinite(number) and number > 0):
            raise pytest.UsageError(f"race: {name}={number}; it is a number above 0")


def _judge(raced: Raced, at_least: float) -> None:
    decides = raced.at(stats.DECIDES)
    told = f"{decides.value:.3f} times as fast as old (99 % interval {decides.low:.3f} to {decides.high:.3f})"
    verdict = raced.verdict(at_least)
    if verdict == "fail":
        pytest.fail(f"too slow: new is {told}, and at least {at_least:g} is asked", pytrace=False)
    if verdict == "inconclusive":
        pytest.skip(
            f"inconclusive: new is {told}, precise to {decides.half_width:.1%} after {raced.seconds:.1f} s; "
            f"at least {at_least:g} is asked"
        )
