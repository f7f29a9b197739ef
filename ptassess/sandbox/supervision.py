"""The judge's end of the supervisor: starts it, asks it for workers, takes it down if it no longer answers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import msgspec

from ptassess.errors import JudgeError
from ptassess.sandbox import channel, processes
from ptassess.sandbox.zygote import Begin, Done, End, Failed, Preload, Reap, Reply, Request, Spawn, Started

if TYPE_CHECKING:
    from ptassess.sandbox.launching import Launcher
    from ptassess.sandbox.worker import WorkerSpec

START_SECONDS = 120.0  # a cold `import torch` from a slow disk; it is hidden behind pytest's collection
_ANSWER_SECONDS = 5.0  # to a request; the supervisor needs up to 2 s to empty a process tree
_MAX_REPLY = 1 << 18
_PRELOADING = -1  # the request's id: workers have theirs from 1 on, and 0 is the beginning's
_UNSEEN = (
    "the process that runs solutions cannot be seen from here, as if the judge itself were in a container; "
    "run the judge where the processes of its isolation level are"
)


class Lost(Exception):
    """The supervisor is gone or no longer answers."""


class Supervisor:
    """One zygote, as the judge sees it.

    Args:
        launcher: starts it.
        begin: how workers are to be run.

    Attributes:
        pid: of the process that workers are forked from, once it has answered.
    """

    def __init__(self, launcher: Launcher, begin: Begin) -> None:
        channel.allow_many_files()
        self._launched = launcher.launch(begin)
        self._process = self._launched.process
        self._ready = False
        self._decoder = msgspec.msgpack.Decoder(Reply)
        self._begin = begin
        self._started = self.pid = self._process.pid

    def spawn(self, number: int, spec: WorkerSpec, sock: socket.socket, gift: int | None = None) -> int:
        """Start a worker.

        Args:
            number: by which it is reaped later.
            spec: what it is for.
            sock: its end of the connection.
            gift: a second descriptor: the listening socket of a service.

        Returns:
            Its process id.

        Raises:
            Lost: if the supervisor does not answer.
            JudgeError: if it cannot start at all, or cannot set a worker up.
        """
        descriptors = [sock.fileno()] + ([] if gift is None else [gift])
        reply = self._ask(Spawn(number, spec), _ANSWER_SECONDS if self._ready else START_SECONDS, *descriptors)
        self._ready = True
        if isinstance(reply, Failed):
            raise JudgeError(f"a process for a solution cannot be set up: {reply.why}; see `ptassess doctor`")
        assert isinstance(reply, Started)
        return self._started

    def preload(self, names: tuple[str, ...]) -> None:
        """Have it import modules.

        Args:
            names: of the modules; one that cannot be imported is left to the solution that needs it.

        Raises:
            Lost: if the supervisor does not answer.
        """
        reply = self._ask(Preload(_PRELOADING, names), START_SECONDS)
        assert isinstance(reply, Done)
        self._ready = True

    def reap(self, number: int) -> End:
        """End a worker.

        Args:
            number: as given to ``spawn``.

        Raises:
            Lost: if the supervisor does not answer.
        """
        reply = self._ask(Reap(number), _ANSWER_SECONDS)
        assert isinstance(reply, End)
        return reply

    def close(self) -> None:
        """End it, and whatever it still has; from outside if it does not do so itself."""
        self._launched.hang_up()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ANSWER_SECONDS if self._ready else 0.1)
        self._launched.end()

    def destroy(self) -> None:
        """End it from outside, with its whole tree and whatever had left that tree."""
        self._launched.hang_up()
        self._launched.end()

    def _ask(self, request: Request, seconds: float, *descriptors: int) -> Reply:
        deadline = time.monotonic() + seconds
        try:
            sock = self._launched.connect(seconds)
            sock.settimeout(seconds)
            channel.send_files(sock, msgspec.msgpack.encode(request), list(descriptors), deadline)
            while True:
                data, found, _, _ = socket.recv_fds(sock, _MAX_REPLY, 1)
                if not data:
                    break
                reply: Reply = self._decoder.decode(data)
                for descriptor in found:
                    self._started = processes.pid_of(descriptor)
                    os.close(descriptor)
                    if not self._started:
                        raise JudgeError(_UNSEEN)
                if isinstance(reply, Started) and reply.id == self._begin.id:
                    self.pid = self._started
                if reply.id == request.id:
                    return reply
                sock.settimeout(max(0.01, deadline - time.monotonic()))
        except (OSError, msgspec.MsgspecError):
            pass
        if not self._ready and self._process.poll() not in {None, -signal.SIGKILL}:
            raise JudgeError(
                f"the process that runs solutions cannot start (status {self._process.returncode}); "
                "its message stands above; `ptassess doctor` checks the installation"
            )
        raise Lost
