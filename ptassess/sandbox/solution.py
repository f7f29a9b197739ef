"""The judge's handle on a solution: ``solution.softmax(x)`` is a request to a worker, and back comes a value."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import inspect
import random
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ptassess.errors import (
    NotAttempted,
    PtassessError,
    SolutionMissing,
    SolutionProtocol,
    SolutionRaised,
    SolutionTimeout,
    SolutionValue,
)
from ptassess.sandbox.cleaning import clean, one_line
from ptassess.sandbox.wire import Answer, Ask, Call, CannotCrossError, Probe, Raised, Value, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptassess.sandbox.wall import Link

    OpenLink = Callable[..., Link]  # (names of files to keep, the link before, a listening socket or none)

_OUTPUT = 131_072  # characters; the rings on the other side hold two times 64 KiB
_TEXT = 2_000
_MAX_BODY = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a solution may use.

    Args:
        seconds: wall time of each call, from the request to the last byte of the answer.
        memory_mb: resident memory that its process tree may add, in MiB.
        threads: torch's threads.
        answer_mb: most bytes of one answer's tensors, in MiB.
        weighed: its files and memory will be looked at: it may write in its own folder only, where the kernel has
            Landlock, and gives freed memory back at once.
    """

    seconds: float = 5.0
    memory_mb: int = 1024
    threads: int = 1
    answer_mb: int = 1024
    weighed: bool = False


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What is known of a worker once it has ended.

    Args:
        output: what it printed, cleaned and capped.
        seconds: wall time of its calls.
        calls: how many there were.
        max_rss_mb: most resident memory that its process tree added, in MiB.
        killed: whether it had ended by a SIGKILL that was not ours, or was lost with its supervisor; see
            ``SolutionCrashed``.
    """

    output: str = ""
    seconds: float = 0.0
    calls: int = 0
    max_rss_mb: float = 0.0
    killed: bool = False


class JudgeCall:
    """A function of the judge's that the solution may call; made by ``judge_call``.

    Attributes:
        count: calls so far, those beyond the limit included.
        exceeded: whether there were more than the limit.
    """

    def __init__(self, function: Callable[..., Any], limit: int | None) -> None:
        self._function = function
        self.limit = limit
        self.count = 0

    @property
    def exceeded(self) -> bool:
        """Whether it was called more often than the limit allows."""
        return self.limit is not None and self.count > self.limit

    def answer(self, args: Sequence[Any]) -> tuple[Any, str | None]:
        """Compute one call.

        Args:
            args: from the solution.

        Returns:
            The value and None, or None and why there is none.
        """
        self.count += 1
        if self.exceeded:
            return None, f"the budget of {self.limit} calls is used up"
        try:
            return self._function(*args), None
        except Exception as error:  # noqa: BLE001  their arguments, and therefore their exception
            return None, f"{type(error).__name__}: {error}"[:_TEXT]


def judge_call(function: Callable[..., Any], *, limit: int | None = None) -> JudgeCall:
    """A function that the solution may call while the judge computes and counts.

    Args:
        function: takes and returns values that can cross.
        limit: from the next call on, the solution gets an exception; None for no limit.
    """
    return JudgeCall(function, limit)


class Solution:
    """A handle on one solution; the first request starts its worker.

    Any attribute is a function of the solution. Names that the handle itself has (``run``, ``call``, ``session``,
    ``close``) are reached with ``call("run", …)``.

    Args:
        open_link: starts a worker and gives the connection.
        limits: what it may use.
        shown_as: its name in messages.
    """

    def __init__(self, open_link: OpenLink, limits: Limits, shown_as: str) -> None:
        self._open_link = open_link
        self._limits = limits
        self._shown_as = shown_as
        self._link: Link | None = None
        self._failure: PtassessError | None = None
        self._sent: set[str] = set()
        self._sessions: list[Session] = []
        self._closings: list[Closing] = []
        self._seconds = 0.0
        self._calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def function(*args: Any, **kwargs: Any) -> Any:
            return self.call(name, *args, **kwargs)

        function.__name__ = name
        return function

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the solution.

        Args:
            name: of the function.
            args: values that can cross, and judge calls.
            kwargs: as ``args``.

        Returns:
            What it returned, as a value of the judge's own.

        Raises:
            SolutionError: if no value came back; ``cause`` says why.
            NotAttempted: if it raised ``NotImplementedError``.
        """
        return self._request(Call(sequence(), name, list(args), kwargs), name)

    def run(self, probe: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a probe beside the solution; it gets the solution's module as its first argument.

        Args:
            probe: a function of the challenge's ``probes.py``.
            args: values that can cross, and judge calls.
            kwargs: as ``args``.

        Returns:
            What the probe returned.

        Raises:
            SolutionError: if no value came back; ``cause`` says why.
            NotAttempted: if the solution raised ``NotImplementedError``.
        """
        source = inspect.getsource(inspect.getmodule(probe))  # type: ignore[arg-type]  # a function of a file has one
        digest = hashlib.sha256(source.encode()).hexdigest()
        fresh = digest not in self._sent
        message = Probe(sequence(), probe.__name__, digest, list(args), kwargs, source if fresh else None)
        self._sent.add(digest)
        return self._request(message, probe.__name__)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A worker of its own that is kept for several calls; ``restart`` gives it a new process."""
        session = Session(self._open_link, self._limits, self._shown_as)
        self._sessions.append(session)
        try:
            yield session
        finally:
            session.close()

    @contextmanager
    def service(self) -> Iterator[Service]:
        """A worker of its own that serves HTTP on a socket which the judge has bound.

        ``s.run(probes.serve)`` starts its server (see ``ptassess.probing.listening_socket``), and
        ``s.request("GET", "/health")`` asks it.
        """
        service = Service(self._open_link, self._limits, self._shown_as)
        self._sessions.append(service)
        try:
            yield service
        finally:
            service.close()

    def close(self) -> Closing:
        """End the worker and everything that it started.

        Returns:
            What is known of it, its sessions included; the same again when closed twice.
        """
        self._end()
        closings = self._closings + [session.close() for session in self._sessions]
        return Closing(
            output=clean("".join(closing.output for closing in closings), _OUTPUT),
            seconds=self._seconds + sum(session._seconds for session in self._sessions),  # noqa: SLF001  same class
            calls=self._calls + sum(session._calls for session in self._sessions),  # noqa: SLF001
            max_rss_mb=max((closing.max_rss_mb for closing in closings), default=0.0),
            killed=any(closing.killed for closing in closings),
        )

    def _end(self) -> None:
        if self._link is not None:
            self._closings.append(self._link.close())
            self._link = None
        self._sent.clear()

    def _request(self, message: Call | Probe, name: str) -> Any:
        if self._failure is not None:
            raise self._failure
        if self._link is None:
            self._link = self._open_link((), None)
        tokens: dict[int, JudgeCall] = {}

        def token_of(value: Any) -> int | None:
            if not isinstance(value, JudgeCall):
                return None
            tokens[len(tokens)] = value
            return len(tokens) - 1

        try:
            buffers = encode(message, token_of)
        except CannotCrossError as error:
            raise TypeError(f"the check passes {name}() {error}".replace("returned", "passed")) from None
        self._calls += 1
        started = time.monotonic()
        try:
            reply = self._link.exchange(
                buffers, message.seq, name, lambda ask: _answer(ask, tokens), self._limits.seconds
            )
        except PtassessError as error:
            self._failure = error
            self._end()
            raise
        finally:
            self._seconds += time.monotonic() - started
        if isinstance(reply, Value):
            return reply.value
        cause = self._link.error
        what = name if isinstance(message, Call) else f"something that {name} needs"
        raise error_of(reply, self._shown_as, what) from cause


class Session(Solution):
    """A worker that is kept until it is told otherwise; made by ``Solution.session``."""

    def restart(self, keep: Sequence[str] = ()) -> None:
        """Go on in a new process and a new folder.

        Args:
            keep: names of files in the old folder that the new one gets; regular files only.
        """
        old = self._link
        self._link = self._open_link(keep, old)
        if old is not None:
            self._closings.append(old.close())
        self._sent.clear()
        self._failure = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a service answered; untrusted.

    Args:
        status: of HTTP.
        headers: by lower-case name.
        body: bytes.
    """

    status: int
    headers: dict[str, str]
    body: bytes


class Service(Session):
    """A session that also serves; made by ``Solution.service``."""

    def __init__(self, open_link: OpenLink, limits: Limits, shown_as: str) -> None:
        # Bound here: no path and no port of the candidate's choosing is ever connected to.
        self._listener = socket.create_server(("127.0.0.1", 0))
        super().__init__(lambda keep, old: open_link(keep, old, self._listener), limits, shown_as)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, timeout: float = 0
    ) -> Reply:
        """Ask the service, on a connection of its own; redirects are not followed.

        Args:
            method: of HTTP.
            path: with the query.
            body: to send.
            headers: to send.
            timeout: seconds to the last byte of the answer; 0 for the task's deadline.

        Raises:
            SolutionTimeout: if there is no whole answer in time.
            SolutionProtocol: if it is no HTTP, or longer than 1 MiB.
        """
        seconds = timeout or self._limits.seconds
        what = f"{method} {path}"
        ended = threading.Event()
        with socket.create_connection(self._listener.getsockname(), timeout=seconds) as sock:

            def end() -> None:  # a byte now and then would keep the socket's own timeout from ever ending
                ended.set()
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

            connection = http.client.HTTPConnection("127.0.0.1")
            connection.sock = sock
            timer = threading.Timer(seconds, end)
            timer.start()
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                data = answer.read(_MAX_BODY + 1)
            except (OSError, http.client.HTTPException) as error:
                if ended.is_set() or isinstance(error, TimeoutError):
                    raise SolutionTimeout(f"{what}: no whole answer within {seconds:g} s") from None
                raise SolutionProtocol(f"{what}: no answer of HTTP ({type(error).__name__})") from None
            finally:
                timer.cancel()
        if ended.is_set():
            raise SolutionTimeout(f"{what}: no whole answer within {seconds:g} s")
        if len(data) > _MAX_BODY:
            raise SolutionProtocol(f"{what}: the answer is longer than {_MAX_BODY >> 20} MiB")
        kept = {one_line(name.lower(), _TEXT): one_line(value, _TEXT) for name, value in answer.getheaders()}
        return Reply(status=answer.status, headers=kept, body=data)

    def close(self) -> Closing:
        """End the service, its worker and everything that it started."""
        self._listener.close()
        return super().close()


def _answer(ask: Ask, tokens: dict[int, JudgeCall]) -> list[bytes | memoryview]:
    if ask.token not in tokens or not isinstance(ask.args, list):
        return encode(Answer(ask.seq, None, "no such function"))
    value, refused = tokens[ask.token].answer(ask.args)
    try:
        return encode(Answer(ask.seq, value, refused))
    except CannotCrossError as error:  # what it came to is their arguments' doing
        return encode(Answer(ask.seq, None, f"it came to {error}"[:_TEXT]))


def error_of(reply: Raised, shown_as: str, name: str) -> PtassessError:
    """What a worker's "it raised" means to a check.

    Args:
        reply: from the worker; untrusted.
        shown_as: the solution's name in messages.
        name: of the function.
    """
    text = clean(reply.text, _TEXT)
    type_name = one_line(reply.type_name, 200)
    detail = clean(reply.traceback, _OUTPUT)
    if reply.kind == "not attempted":
        return NotAttempted(one_line(text, _TEXT) or f"{name} in {shown_as} still raises NotImplementedError")
    if reply.kind == "missing":
        return SolutionMissing(one_line(text, _TEXT), detail)
    if reply.kind == "value":
        return SolutionValue(one_line(text, _TEXT), detail)
    first, _, rest = text.partition("\n")
    return SolutionRaised(type_name, first, f"{rest}\n{detail}" if rest else detail)


_numbers = random.SystemRandom()


def sequence() -> int:
    """A number for the next request, which no worker could know before."""
    return _numbers.getrandbits(62)
