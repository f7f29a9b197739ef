"""Blocks of calls by the clock of the process that makes them: for code that nobody has to be guarded against.

Only the standard library is imported: the worker of ``ptassess race`` loads this file in whatever environment the
project that it times has.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

BLOCK_SECONDS = 4e-3
"""Of the longest blocks, about: preemption comes in steps of milliseconds, and then hits few blocks."""
WARM_SECONDS = 20e-3
"""Before a block that is shorter comes a call that is not timed: code and data are cold after the other's turn."""
_WAITED = "/proc/thread-self/schedstat"  # nanoseconds on a core, nanoseconds ready but without one, time slices


class Timed(NamedTuple):
    """A block's time.

    Args:
        seconds: on the clock, without the time that the thread waited for a core.
        idle: that as many turns of the loop take that call nothing.
        lasted: the same with the preparations of calls.
    """

    seconds: float
    idle: float
    lasted: float


class Stopwatch:
    """Times blocks of calls. The garbage collector rests meanwhile, and so do tracers and profilers."""

    def __init__(self) -> None:
        self._loop = min(_empty(1000) for _ in range(20)) / 1000

    def block(self, function: Callable[[], object], calls: int) -> Timed:
        """Time a block of calls.

        Args:
            function: to call.
            calls: how often.
        """
        with _Undisturbed() as here:
            waited = here.waited()
            began = time.perf_counter()
            for _ in repeat(None, calls):
                function()
            seconds = without(time.perf_counter() - began, here.waited() - waited)
        return Timed(seconds, self._loop * calls, seconds)

    def laid_out(
        self, prepare: Callable[[], Callable[[], object]], calls: int, after: Callable[[], object] | None = None
    ) -> Timed:
        """Time a block of calls each of which needs a preparation that is not timed.

        Args:
            prepare: gives what to call.
            calls: how often.
            after: called after each, not timed.
        """
        seconds = 0.0
        with _Undisturbed() as here:
            start, waited_first = time.perf_counter(), here.waited()
            for _ in repeat(None, calls):
                function = prepare()
                waited = here.waited()
                began = time.perf_counter()
                function()
                seconds += without(time.perf_counter() - began, here.waited() - waited)
                if after is not None:
                    after()
            lasted = without(time.perf_counter() - start, here.waited() - waited_first)
        return Timed(seconds, 0.0, lasted)


def without(seconds: float, waited: float) -> float:
    """A time without what of it was waiting, if that can be.

    Args:
        seconds: on the clock.
        waited: in seconds; may begin and end a little outside.
    """
    return seconds - waited if waited < seconds else seconds


def pilot(block: Callable[[int], Timed]) -> float:
    """Seconds that a call lasts, found by ever longer blocks up to a quarter of the length that is aimed at.

    Args:
        block: times a block of that many calls.
    """
    calls = 1
    block(1)  # imports, caches, compilation
    while True:
        seconds = block(calls).lasted
        if seconds >= WARM_SECONDS:
            return seconds / calls
        if seconds >= BLOCK_SECONDS / 4:  # the least of some: one that was disturbed would make all blocks too short
            return min(seconds, *(block(calls).lasted for _ in range(4))) / calls
        calls *= 4


class _Undisturbed:
    """The garbage collector, tracers and profilers are off; says how long this thread has waited for a core."""

    def __enter__(self) -> Self:
        self._collects = gc.isenabled()
        gc.disable()
        self._trace, self._profile = sys.gettrace(), sys.getprofile()
        sys.settrace(None)
        sys.setprofile(None)
        try:
            self._file = os.open(_WAITED, os.O_RDONLY)
        except OSError:
            self._file = -1
        return self

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            os.close(self._file)
        sys.settrace(self._trace)
        sys.setprofile(self._profile)
        if self._collects:
            gc.enable()

    def waited(self) -> float:
        """Seconds that the thread was ready to run and had no core; 0 where the kernel does not tell."""
        return int(os.pread(self._file, 80, 0).split()[1]) * 1e-9 if self._file >= 0 else 0.0


def _empty(turns: int) -> float:
    began = time.perf_counter()
    for _ in repeat(None, turns):
        pass
    return time.perf_counter() - began
