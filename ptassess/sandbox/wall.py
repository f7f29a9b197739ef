"""The wall between the judge and candidates' code, at the levels ``process`` and ``inprocess``."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ptassess.errors import (
    JudgeError,
    NotAttempted,
    SolutionCrashed,
    SolutionError,
    SolutionMemory,
    SolutionProtocol,
    SolutionTimeout,
)
from ptassess.sandbox import artefact, devices, folders, processes
from ptassess.sandbox.channel import Channel, Closed, Deadline
from ptassess.sandbox.cleaning import clean
from ptassess.sandbox.contestant import Contestant
from ptassess.sandbox.executor import Executor
from ptassess.sandbox.fetching import CONTEXT_MB, DeviceContestant
from ptassess.sandbox.launching import Local
from ptassess.sandbox.levels import BUILT_IN, INPROCESS, PROCESS, Level, choose
from ptassess.sandbox.solution import Closing, Limits, Solution
from ptassess.sandbox.supervision import Lost, Supervisor
from ptassess.sandbox.weighing import Weighed, given_bytes
from ptassess.sandbox.wire import PREFIX, Answer, Ask, Message, Raised, Value, WireError, decode
from ptassess.sandbox.worker import LISTENER, WorkerSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptassess.sandbox.launching import Launcher
    from ptassess.sandbox.solution import OpenLink
    from ptassess.sandbox.zygote import End

    Buffers = list[bytes | memoryview]

_MAX_OUTPUT = 65_536
_SUPERVISORS = 4  # that may be lost one after the other before a worker has begun: while they start, no solution runs


class Wall(Protocol):
    """What every level offers."""

    level: str

    def solution(self, path: Path | None, *, limits: Limits, shown_as: str, overlay: Path | None = None) -> Solution:
        """A handle on a solution; nothing runs before its first call."""

    def preload(self, names: tuple[str, ...]) -> None:
        """Import modules now that solutions will import, so that no deadline pays for it."""

    def close(self) -> None:
        """End everything behind the wall."""


class Link(Protocol):
    """A connection to one worker."""

    error: BaseException | None

    def exchange(
        self, buffers: Buffers, seq: int, name: str, answer: Callable[[Ask], Buffers], seconds: float
    ) -> Value | Raised:
        """One request and its reply."""

    def close(self) -> Closing:
        """End the worker."""


class ProcessWall:
    """A fresh process for every handle, forked by a supervisor that is forked by nobody.

    It starts the supervisor at once and waits for it at the first request.

    Args:
        level: its name.
        launcher: starts the supervisor, and says what is left to workers; by default the level ``process``'s.
        hidden: folders that no worker may read wherever they lie.
    """

    def __init__(
        self, level: str = PROCESS.name, launcher: Launcher | None = None, hidden: Sequence[Path] = ()
    ) -> None:
        self.level = level
        self._folder = folders.make()  # mode 0700
        self._launcher = launcher or Local()
        self._begin = self._launcher.begin(self._folder, [*map(str, hidden)])
        self._numbers = itertools.count(1)
        self._preloaded: tuple[str, ...] = ()
        self._closed = False
        self.workers: set[int] = set()
        self.supervisor = Supervisor(self._launcher, self._begin)

    def solution(self, path: Path | None, *, limits: Limits, shown_as: str, overlay: Path | None = None) -> Solution:
        """A handle on a solution.

        Args:
            path: the file to import, a package's ``__init__.py``, or None if there is none.
            limits: what it may use.
            shown_as: its name in messages.
            overlay: a file to execute on top of it.
        """
        return Solution(self._opener(path, limits, shown_as, overlay), limits, shown_as)

    def weighed(
        self,
        path: Path | None,
        *,
        limits: Limits,
        shown_as: str,
        overlay: Path | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> Weighed:
        """A handle on a solution whose files and memory are looked at.

        Args:
            path: the file to import, a package's ``__init__.py``, or None if there is none.
            limits: what it may use.
            shown_as: its name in messages.
            overlay: a file to execute on top of it.
            files: and folders to begin with, by the name in its folder; copied.
        """
        given = files or {}
        return Weighed(self._opener(path, limits, shown_as, overlay, given), limits, shown_as, given_bytes(given))

    def _opener(
        self,
        path: Path | None,
        limits: Limits,
        shown_as: str,
        overlay: Path | None,
        files: Mapping[str, Path] | None = None,
    ) -> OpenLink:
        def open_link(keep: Sequence[str], old: Link | None, listener: socket.socket | None = None) -> Link:
            if path is None:
                raise NotAttempted(f"{shown_as} is not there")
            spec = self._spec(path, limits, shown_as, overlay)
            if isinstance(old, ProcessLink):
                artefact.keep(keep, old.scratch, Path(spec.scratch))
            return self._start(spec, files or {}, listener)

        return open_link

    def contestant(  # noqa: PLR0913  what a worker and its blocks are made of
        self,
        path: Path | None,
        *,
        limits: Limits,
        shown_as: str,
        overlay: Path | None = None,
        name: str,
        args: Sequence[Any],
        source: str | None = None,
        idle: Any = None,
        device: str = devices.CPU,
        files: Mapping[str, Path] | None = None,
        spin: float = 0.0,
    ) -> Contestant:
        """A worker for a race, which has imported the solution and stands still.

        Args:
            path: the solution's file, or None for a contestant that does nothing.
            limits: what it may use.
            shown_as: its name in messages.
            overlay: a file to execute on top of it.
            name: of the function.
            args: of one call; all calls' tensors are like these.
            source: of the probes, if the function is one of theirs.
            idle: what each call gives, of the contestant that does nothing.
            device: where its calls run; see ``ptassess.sandbox.devices``.
            files: and folders to begin with, by the name in its folder; copied.
            spin: seconds that judge and worker ask for the other's message without pause.

        Raises:
            SolutionError: if the function is not there.
        """
        apart = device != devices.CPU
        spec = msgspec.structs.replace(
            self._spec(path, limits, shown_as, overlay),
            memory_mb=limits.memory_mb + (CONTEXT_MB if apart else 0),
            device=device,
            races=True,
        )
        link = self._start(spec, files or {})
        kind = DeviceContestant if apart else Contestant
        found = kind(link, name=name, shown_as=shown_as, seconds=limits.seconds)
        try:
            found.prepare(args, spin=spin, source=source, idle=idle)
        except BaseException:
            found.close()
            raise
        return found

    def preload(self, names: tuple[str, ...]) -> None:
        """Wait for the supervisor, and have it import modules that solutions will import.

        Args:
            names: of the modules.
        """
        self._preloaded = names
        with contextlib.suppress(Lost):  # the first request will notice, and start another
            self.supervisor.preload(names)

    def close(self) -> None:
        """End the supervisor, every worker, and their folders."""
        self._closed = True
        self.supervisor.close()
        folders.remove(self._folder)

    def _spec(self, path: Path | None, limits: Limits, shown_as: str, overlay: Path | None) -> WorkerSpec:
        """What a new worker is for, in a folder of its own."""
        return WorkerSpec(
            path=str(path or ""),
            shown_as=shown_as,
            scratch=tempfile.mkdtemp(dir=self._folder),
            overlay=str(overlay) if overlay else None,
            threads=limits.threads,
            memory_mb=limits.memory_mb,
            answer_mb=limits.answer_mb,
            weighed=limits.weighed,
        )

    def _start(self, spec: WorkerSpec, files: Mapping[str, Path], listener: socket.socket | None = None) -> ProcessLink:
        """Start a worker, with some files beside those that lie in its folder already."""
        number = next(self._numbers)
        scratch = Path(spec.scratch)
        artefact.put(files, scratch)
        spec = self._launcher.prepare(spec, number)
        ours, theirs = socket.socketpair()
        try:
            pid = self._spawn(number, spec, theirs, listener.fileno() if listener else None)
        except BaseException:
            ours.close()
            folders.remove(scratch)
            raise
        finally:
            theirs.close()
        return ProcessLink(self, number, pid, ours, spec)

    def _spawn(self, number: int, spec: WorkerSpec, sock: socket.socket, gift: int | None) -> int:
        for _ in range(_SUPERVISORS):
            try:
                return self.supervisor.spawn(number, spec, sock, gift)
            except Lost:  # an earlier solution did away with it, or somebody outside
                self.replace_supervisor()
        raise JudgeError(f"the process that runs solutions ended {_SUPERVISORS} times in a row")

    def replace_supervisor(self) -> None:
        """Kill a supervisor that no longer answers, with all its workers, and start another."""
        self.supervisor.destroy()
        if self._closed:
            return
        self.supervisor = Supervisor(self._launcher, self._begin)
        self.preload(self._preloaded)


class ProcessLink:
    """A connection to one worker process.

    Args:
        wall: whose supervisor has it.
        number: the supervisor's name for it.
        pid: of the worker.
        sock: the judge's end.
        spec: what it is for.
    """

    error: BaseException | None = None  # the exception itself stays on the other side

    def __init__(self, wall: ProcessWall, number: int, pid: int, sock: socket.socket, spec: WorkerSpec) -> None:
        self._wall = wall
        self._wall.workers.add(pid)
        self._number = number
        self.pid = pid
        self.channel = Channel(sock, spec.answer_mb << 20)
        self._spec = spec
        self._end: End | None = None
        self._closed = False
        self.scratch = Path(spec.scratch)

    def exchange(
        self, buffers: Buffers, seq: int, name: str, answer: Callable[[Ask], Buffers], seconds: float
    ) -> Value | Raised:
        """Send a request and wait for its reply, answering the solution's own calls meanwhile.

        Args:
            buffers: the request's frame.
            seq: its number.
            name: of the function, for messages.
            answer: computes the frame that answers an ``Ask``.
            seconds: until the deadline; the judge's own computing does not count.

        Raises:
            SolutionError: if no reply came.
        """
        channel = self.channel
        deadline = time.monotonic() + seconds
        try:
            if not channel.is_silent():
                raise WireError("a frame before any request")  # noqa: TRY301  handled with those of the channel
            channel.send(buffers, deadline)
            while True:
                message = decode(*channel.receive(deadline))
                if isinstance(message, Ask) and message.seq == seq:
                    began = time.monotonic()
                    reply = answer(message)
                    deadline += time.monotonic() - began
                    if not channel.is_silent():
                        raise WireError("a frame before the answer that it waits for")  # noqa: TRY301  as above
                    channel.send(reply, deadline)
                elif isinstance(message, (Value, Raised)) and message.seq == seq:
                    return message
                else:
                    raise WireError("a message that answers no request")  # noqa: TRY301  as above
        except Deadline:
            self._finish()
            raise SolutionTimeout(f"{name} did not return within {seconds:g} s") from None
        except WireError as error:
            self._finish()
            raise SolutionProtocol(f"{name}: the solution's process sent {error}") from None
        except Closed:
            raise self.why_it_ended(name) from None

    def close(self) -> Closing:
        """Kill the worker's whole tree, and take its output and its folder."""
        end = self._finish()
        if end is None:
            return Closing(killed=True)
        output = "".join(part.decode("utf-8", errors="replace") for part in (end.stdout, end.stderr))
        if end.dropped:
            output += f"\n… {end.dropped} bytes of earlier output dropped"
        killed = end.cause == "exit" and end.status == -signal.SIGKILL
        return Closing(output=clean(output, 2 * _MAX_OUTPUT), max_rss_mb=end.max_rss_mb, killed=killed)

    def _finish(self) -> End | None:
        if not self._closed:
            self._closed = True
            try:
                self._end = self._wall.supervisor.reap(self._number)
            except Lost:
                self._wall.replace_supervisor()
            finally:
                self._wall.workers.discard(self.pid)
                self.channel.close()
                folders.remove(self.scratch)
        return self._end

    def has_strays(self) -> bool:
        """Whether some process has left its worker's tree: the supervisor will end it, but not at once."""
        return not self._wall.workers.issuperset(processes.children(self._wall.supervisor.pid))

    @property
    def answer_bytes(self) -> int:
        """Most bytes of one answer's tensors."""
        return self._spec.answer_mb << 20

    def why_it_ended(self, name: str) -> SolutionError:
        """The error that tells how a worker ended that has closed its connection.

        Args:
            name: of the function that was asked for.
        """
        end = self._finish()
        if end is None:
            return SolutionCrashed(f"{name}: the solution's process was lost together with its supervisor", killed=True)
        if end.cause == "memory":
            return SolutionMemory(f"{name} used more than {self._spec.memory_mb} MiB of memory and was ended")
        if end.status < 0:
            try:
                how = signal.Signals(-end.status).name
            except ValueError:
                how = f"signal {-end.status}"
            killed = end.status == -signal.SIGKILL
            return SolutionCrashed(f"{name}: the solution's process ended by {how}", killed=killed)
        return SolutionCrashed(f"{name}: the solution ended its own process with status {end.status}")


class InprocessWall:
    """No wall: the solution runs here, so that a debugger can step into it. Values cross as they do elsewhere."""

    level = INPROCESS.name

    def solution(self, path: Path | None, *, limits: Limits, shown_as: str, overlay: Path | None = None) -> Solution:
        """A handle on a solution; deadlines and memory are not watched.

        Args:
            path: the file to import, a package's ``__init__.py``, or None if there is none.
            limits: kept for the interface.
            shown_as: its name in messages.
            overlay: a file to execute on top of it.
        """

        def open_link(_keep: Sequence[str], _old: Link | None, listener: socket.socket | None = None) -> Link:
            if path is None:
                raise NotAttempted(f"{shown_as} is not there")
            if listener is not None:
                os.environ[LISTENER] = str(listener.dup().detach())
            return InprocessLink(path, shown_as, overlay)

        return Solution(open_link, limits, shown_as)

    def preload(self, names: tuple[str, ...]) -> None:
        """Nothing to prepare.

        Args:
            names: of the modules.
        """

    def close(self) -> None:
        """Nothing is behind this wall."""


class InprocessLink:
    """A solution in this process."""

    def __init__(self, path: Path, shown_as: str, overlay: Path | None) -> None:
        self._executor = Executor(path, shown_as, overlay)
        self.error: BaseException | None = None

    def exchange(
        self, buffers: Buffers, seq: int, name: str, answer: Callable[[Ask], Buffers], seconds: float
    ) -> Value | Raised:
        """Carry a request out; the arguments are as in ``ProcessLink.exchange``."""
        del name, seconds

        def judge_call(token: int) -> Any:
            def ask(*args: Any) -> Any:
                # The values cross as on the wire, in both directions.
                from ptassess.sandbox.wire import encode

                asked = _joined(encode(Ask(seq, token, list(args))))
                assert isinstance(asked, Ask)
                answered = _joined(answer(asked))
                assert isinstance(answered, Answer)
                if answered.refused is not None:
                    raise RuntimeError(answered.refused)
                return answered.value

            return ask

        reply = _joined(self._executor.reply(_joined(buffers, judge_call)))
        self.error = self._executor.error
        assert isinstance(reply, (Value, Raised))
        return reply

    def close(self) -> Closing:
        """Nothing to end; what it printed went to pytest's own capture."""
        return Closing()


def _joined(buffers: Buffers, judge_call: Callable[[int], Any] | None = None) -> Message:
    """A frame's message, without a socket."""
    head = bytes(buffers[0])
    size, _ = PREFIX.unpack_from(head)
    payload = bytearray().join(buffers[1:])
    return decode(head[PREFIX.size : PREFIX.size + size], payload, judge_call)


def open_wall(floor: str | None = None, levels: Sequence[Level] = BUILT_IN, *, hidden: Sequence[Path] = ()) -> Wall:
    """Open the strongest wall that this machine gives, or one of at least the level that is named.

    Args:
        floor: name of a level; None for any wall at all.
        levels: to choose from.
        hidden: folders that no worker may read wherever they lie, such as private checks among the libraries.

    Raises:
        IsolationError: if there is none.
    """
    return choose(floor, levels).open(hidden)
