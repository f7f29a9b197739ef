"""The judge's side of a race: one worker that makes calls in turns, with the judge's clock around each turn.

In a turn the calls follow one another without pause: the inputs of each are handed over when the one before has named
its result, so no two can be worked on together. How many calls a turn has is the judge's secret, and the last one's
result is read as soon as it is named, while the worker still waits for the next inputs: what is not there at that
moment is wrong. Between its turns the worker's whole tree stands still.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from ptassess.errors import SolutionProtocol, SolutionTimeout
from ptassess.sandbox import processes
from ptassess.sandbox.channel import Closed, Deadline
from ptassess.sandbox.handover import GO, MOST_PLACES, Window, memory_for, tensors_of
from ptassess.sandbox.reading import Spots, read_memory, tensor_of
from ptassess.sandbox.solution import error_of, sequence
from ptassess.sandbox.wire import (
    Done,
    Prepare,
    Raised,
    Value,
    WireError,
    bytes_of,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from ptassess.sandbox.solution import Closing
    from ptassess.sandbox.wall import ProcessLink
    from ptassess.sandbox.wire import Message


_STILL = 50e-6
"""Seconds that a process that stands still may seem to compute: between being seen so and leaving its core."""
_REHEARSED = 0.25
"""Of the calls that follow without standing still, before which the judge goes through the motions of a look at a
result. Inputs of 72 KiB a call drive all that a look needs out of the cache: of results of 96 × 96 the median look came
92 µs after they were named, so 25. The worker waits 20 µs longer where one is rehearsed; so it is drawn: nobody learns
from the pause that a look follows, and who works through it does so in too few calls to change their median. Before
the first call of a turn, which may be its only one, there is a rehearsal in any case."""
_WENT_ON = "a process went on that had to stand still"
_STOP_SECONDS = 2.0  # until all threads stand still
_READ_SECONDS = 2.0  # for a result, whose memory was written within a call
_IMPOSSIBLE = "a result of an impossible shape"
_STRAY = "the solution's process sent a message that answers no request"


class WentOn(SolutionProtocol):
    """A process computed while it had to stand still; once in a while that is the machine's doing."""


@dataclass(frozen=True, kw_only=True)
class Lap:
    """One turn, as the judge saw it.

    Args:
        seconds: that the timed calls took: as many times their median, of the time from the writing of the inputs, or
            from going on, until the result was named. Time without a core counts: a process may wait for what its own
            child does meanwhile.
        result: of the last call, if it was asked for.
        late: seconds from when that was named until it had been looked at: what was computed in them took no time.
        rehearsed: seconds that such a look at the judge's own memory took at most.
    """

    seconds: float
    result: Any = None
    late: float = 0.0
    rehearsed: float = 0.0


class Contestant:
    """One worker in a race; it stands still except within ``turn``.

    Args:
        link: to the worker.
        name: of the function.
        shown_as: the solution's name in messages.
        seconds: deadline of one call.
    """

    def __init__(self, link: ProcessLink, *, name: str, shown_as: str, seconds: float) -> None:
        self._link = link
        self._name = name
        self._shown_as = shown_as
        self._seconds = seconds
        self._window: Window | None = None
        self._form = Done(None)
        self._draw = random.Random()  # noqa: S311  seeded by the system, in a process that the worker cannot see
        self._stopped: list[int] = []
        self._runs = True
        self._went_on = 0.0  # so that what it has computed before its first stop is nothing extraordinary
        self._computed: dict[int, float] = {}
        self._scheduling: tuple[int, ...] = ()

    def prepare(self, args: Sequence[Any], *, spin: float = 0.0, source: str | None = None, idle: Any = None) -> None:
        """Import the solution, find the function, and stand still.

        Args:
            args: of one call; all calls' tensors are like these.
            spin: seconds that both sides ask for the other's word without pause.
            source: of the probes, if the function is one of theirs.
            idle: what each call gives, of a contestant that does nothing; not None for such a one.

        Raises:
            SolutionError: if the function is not there.
        """
        file = memory_for(args)
        try:
            self._window = Window(file, list(args), spin)
            request = Prepare(sequence(), self._name, list(args), spin, source, idle, idle is not None)
            reply = self._exchange(request, file)
        finally:
            os.close(file)
        if not isinstance(reply, Value) or reply.seq != request.seq:
            raise SolutionProtocol(f"{self._name}: {_STRAY}")
        self._stop()
        self._scheduling = processes.scheduling(self._link.pid)

    def turn(
        self,
        calls: Sequence[Sequence[Any]],
        *,
        warm: Sequence[Sequence[Any]] = (),
        apart: bool = False,
        look: bool = False,
    ) -> Lap:
        """Make some calls, by the judge's clock.

        Args:
            calls: the arguments of each, at least one.
            warm: those of calls before them that are not timed: code and data are cold after the others' turns.
            apart: write the inputs of each timed call while the worker stands still; by default they are written by the
                clock. Without calls to warm up it stands still in any case.
            look: give the last call's result.

        Raises:
            SolutionError: if one of them did not come to its end.
        """
        assert self._window is not None
        write = self._window.write
        beginning, timed = ([tensors_of(list(args)) for args in batch] for batch in (warm, calls))
        took: list[float] = []
        extra = rehearsed = 0.0
        with self._watched(len(warm) + len(calls)) if look else contextlib.nullcontext():
            answer: Done | list[int] = self._form
            for tensors in beginning:
                write(tensors)
                self._go_on()
                answer = self._order(GO)
            spots = self._spots()
            seen, late = None, 0.0
            for left, tensors in zip(range(len(timed) - 1, -1, -1), timed, strict=True):
                if spots.form is not self._form:
                    spots = self._spots()
                if apart or not warm:
                    extra += self._stop()
                    write(tensors)
                    rehearsed = max(rehearsed, self._rehearse(spots, answer))
                    began = self._go_on()
                else:
                    if not took or self._draw.random() < _REHEARSED:
                        rehearsed = max(rehearsed, self._rehearse(spots, answer))
                    began = time.perf_counter()
                    write(tensors)
                answer = self._finished(self._order(GO))
                named = time.perf_counter()
                if look and not left and isinstance(answer, list):  # before anything else
                    seen = spots.read(self._link.pid, answer)
                    late = time.perf_counter() - named
                took.append(named - began)
            result = self._result(answer, spots, seen) if look else None
            extra += self._stop()
        seconds = len(took) * statistics.median(took) + extra
        return Lap(seconds=seconds, result=result, late=late, rehearsed=rehearsed)

    def write(self, args: Sequence[Any]) -> float:
        """Write the inputs of a call; nothing but ``turn`` has to, except to know what it takes.

        Args:
            args: of the call.

        Returns:
            Seconds that it took.
        """
        assert self._window is not None
        tensors = tensors_of(list(args))
        began = time.perf_counter()
        self._window.write(tensors)
        return time.perf_counter() - began

    def _go_on(self) -> float:
        """Let the worker's tree go on, if it stands still.

        Returns:
            Since when, on the clock ``time.perf_counter``.
        """
        if not self._runs:
            self._look_still()
            self._runs = True
            self._went_on = time.perf_counter()
            processes.resume(self._stopped)
        return self._went_on

    def _order(self, what: int) -> Done | list[int]:
        """Give an order, and wait for its answer.

        Returns:
            The places of the result's tensors, or all of it if it is unlike the one before.
        """
        assert self._window is not None
        channel, deadline = self._link.channel, time.monotonic() + self._seconds

        def look() -> None:
            channel.is_silent()  # raises if the worker has ended
            if time.monotonic() > deadline:
                raise Deadline

        try:
            if self._window.order(what, look):
                return self._window.places(len(self._form.forms))
            reply = decode(*channel.receive(deadline))
        except (Deadline, WireError, Closed) as error:
            self._fail(error)
        if isinstance(reply, Raised):
            raise error_of(reply, self._shown_as, self._name)
        if not isinstance(reply, Done) or len(reply.forms) > MOST_PLACES:
            raise SolutionProtocol(f"{self._name}: {_STRAY}")
        self._form = reply
        return reply

    def _finished(self, answer: Done | list[int]) -> Done | list[int]:
        """What there is to do before the clock stops: on a CPU nothing."""
        return answer

    @contextlib.contextmanager
    def _watched(self, calls: int) -> Iterator[None]:
        """End the worker if a turn takes too long.

        Memory can be such that the kernel asks its owner for what is in it, and waits: userfaultfd(2), FUSE.
        """
        watch = threading.Timer(calls * self._seconds + _READ_SECONDS, processes.kill_tree, [self._link.pid])
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _stop(self) -> float:
        """Have the worker's tree stand still.

        Returns:
            Seconds that it has computed on several cores at once since it went on: they count one after the other, as
            on one core.

        Raises:
            WentOn: if some of it goes on.
        """
        if not self._runs:
            return 0.0
        self._stopped, still = processes.stop_tree(self._link.pid)
        self._runs = False
        until = time.perf_counter() + _STOP_SECONDS
        while not all(processes.stands_still(pid) for pid in self._stopped):
            if time.perf_counter() > until:
                raise WentOn(f"{self._name}: {_WENT_ON}")
        if self._link.has_strays():
            raise SolutionProtocol(f"{self._name}: it has started a process that is not its child")
        before, self._computed = self._computed, processes.cpu_seconds(self._stopped)
        computed = sum(now - before.get(pid, 0.0) for pid, now in self._computed.items())
        return max(0.0, computed - (still - self._went_on))

    def _look_still(self) -> None:
        """Make sure that nothing ran or was changed since the last stop.

        Raises:
            WentOn: if something ran.
            SolutionProtocol: if a process of one of the contestants has changed where or when this one may run.
        """
        if processes.is_dead(self._link.pid):  # the next request will tell of what
            return
        before, self._computed = self._computed, processes.cpu_seconds(self._stopped)
        if any(now - before.get(pid, 0.0) > _STILL for pid, now in self._computed.items()):
            raise WentOn(f"{self._name}: {_WENT_ON}")
        if processes.scheduling(self._link.pid) != self._scheduling:
            raise SolutionProtocol(
                f"{self._name}: it moved to another core, or got another priority, while it was timed"
            )

    @staticmethod
    def _rehearse(spots: Spots, answer: Done | list[int]) -> float:
        """Go through the motions of a look at a result, which most likely lies where the one before does.

        Returns:
            Seconds that it took.
        """
        began = time.perf_counter()
        if isinstance(answer, list):
            spots.rehearse(answer)
        return time.perf_counter() - began

    def _spots(self) -> Spots:
        """Drawn places in a result that is like the one before: they have to be known when it is named."""
        sizes = [self._bytes_of(*form) for form in self._form.forms]
        if sum(sizes) > self._link.answer_bytes:
            raise SolutionProtocol(f"{self._name}: {_IMPOSSIBLE}")
        return Spots(self._form, sizes, self._draw)

    def _result(self, answer: Done | list[int], spots: Spots, seen: bytes | None) -> Any:
        """What a call returned; read from the worker's memory, if it has named the places.

        The drawn places were read first, and in one step: a worker that has only named its result would have to be done
        with all of it before that call of the kernel's, and cannot be ahead of the reading that follows.

        Args:
            answer: to the last order.
            spots: the drawn places.
            seen: what was read there; None if not all could be.

        Raises:
            SolutionProtocol: if nothing of that size is there, or it is still being written.
        """
        if isinstance(answer, Done):
            return answer.value
        found = [read_memory(self._link.pid, place, size) for place, size in zip(answer, spots.sizes, strict=True)]
        raw = [part for part in found if part is not None]
        if seen is None or len(raw) < len(found):
            raise SolutionProtocol(f"{self._name}: no result at the place that it named")
        if not spots.agree(seen, raw):
            raise SolutionProtocol(f"{self._name}: its result was still being written when it had returned")
        tensors = [tensor_of(part, *form) for part, form in zip(raw, self._form.forms, strict=True)]
        return self._filled(self._form.template, tensors)

    def _bytes_of(self, dtype: str, shape: list[int]) -> int:
        try:
            return bytes_of(dtype, shape)
        except WireError:
            raise SolutionProtocol(f"{self._name}: {_IMPOSSIBLE}") from None

    def _filled(self, template: Any, tensors: list[torch.Tensor]) -> Any:
        """A result, with tensors for the numbers in its template."""
        if isinstance(template, int) and 0 <= template < len(tensors):
            return tensors[template]
        if isinstance(template, (list, tuple)):
            return type(template)(self._filled(part, tensors) for part in template)
        if isinstance(template, dict):
            return {key: self._filled(part, tensors) for key, part in template.items()}
        raise SolutionProtocol(f"{self._name}: a result that is not what it is said to be")

    def affinity(self) -> set[int]:
        """The cores on which the worker's threads and children may run."""
        cores: set[int] = set()
        for pid in self._stopped:
            for thread in processes.threads_of(pid):
                with contextlib.suppress(OSError):
                    cores |= os.sched_getaffinity(thread)
        return cores

    def pin(self, core: int) -> None:
        """Keep the worker's threads, and those of what it has started, on one core.

        Args:
            core: its number.
        """
        for pid in self._stopped:
            for thread in processes.threads_of(pid):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(thread, {core})
        self._scheduling = processes.scheduling(self._link.pid)

    def close(self) -> Closing:
        """End the worker."""
        return self._link.close()

    def _exchange(self, request: Message, file: int) -> Message:
        channel, deadline = self._link.channel, time.monotonic() + self._seconds
        try:
            channel.send(encode(request), deadline, file=file)
            reply = decode(*channel.receive(deadline))
        except (Deadline, WireError, Closed) as error:
            self._fail(error)
        if isinstance(reply, Raised):
            raise error_of(reply, self._shown_as, self._name)
        return reply

    def _fail(self, error: Exception) -> NoReturn:
        """Tell what went wrong on the channel as it is told elsewhere."""
        if isinstance(error, Closed):
            raise self._link.why_it_ended(self._name) from None
        self._link.close()
        if isinstance(error, Deadline):
            raise SolutionTimeout(f"{self._name} did not return within {self._seconds:g} s") from None
        raise SolutionProtocol(f"{self._name}: the solution's process sent {error}") from None
