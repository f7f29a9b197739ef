"""The judge's end of the supervisor: starts it, asks it for workers, takes it down if it no longer answers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import ClassVar

import msgspec

from ptassess.errors import JudgeError
from ptassess.sandbox import processes
from ptassess.sandbox.worker import WorkerSpec
from ptassess.sandbox.zygote import Begin, End, Failed, Preload, Reap, Reply, Request, Spawn, Started

START_SECONDS = 120.0  # a cold `import torch` from a slow disk; it is hidden behind pytest's collection
_ANSWER_SECONDS = 5.0  # to a request; the supervisor needs up to 2 s to empty a process tree
_MAX_REPLY = 1 << 18

# The zygote's whole environment beside these: nothing of the judge's own crosses.
_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "OPENBLAS_CORETYPE",
)
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Lost(Exception):
    """The supervisor is gone or no longer answers."""


class Supervisor:
    """One zygote, as the judge sees it.

    Args:
        folder: its HOME and TMPDIR while it has no worker.
        begin: how workers are to be run.

    Attributes:
        pid: of the process that workers are forked from, once it has answered.
    """

    _alive: ClassVar[set[int]] = set()

    def __init__(self, folder: str, begin: Begin) -> None:
        processes.become_subreaper()  # what outlives a supervisor that a solution has killed comes to us
        self._known = set(processes.children(os.getpid()))
        self._sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= dict.fromkeys(_THREADS, "1") | {"HOME": folder, "TMPDIR": folder}
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [
                sys.executable,
                "-P",
                "-c",
                f"from ptassess.sandbox.zygote import main; main({theirs.fileno()})",
            ],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env=environment,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is the judge's to handle
        )
        theirs.close()
        self._alive.add(self._process.pid)
        self._ready = False
        self._decoder = msgspec.msgpack.Decoder(Reply)
        self._begin = begin
        self._started = self.pid = self._process.pid
        self._sock.send(msgspec.msgpack.encode(begin))

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
        self._ask(Preload(0, names), START_SECONDS)
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
        self._sock.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ANSWER_SECONDS if self._ready else 0.1)
        self.destroy()

    def destroy(self) -> None:
        """Kill it and its whole tree from outside, and whatever had left that tree."""
        self._sock.close()
        processes.kill_tree(self._process.pid)
        self._process.wait()
        self._alive.discard(self._process.pid)
        deadline = time.monotonic() + _ANSWER_SECONDS
        while (orphans := self._orphans()) and time.monotonic() < deadline:
            processes.end_children(orphans)

    def _orphans(self) -> list[int]:
        """Children that this process never started: every worker begins a session of its own and cannot join ours."""
        ours = os.getsid(0)
        found = []
        for pid in processes.children(os.getpid()):
            with contextlib.suppress(OSError):
                if pid not in self._known and pid not in self._alive and os.getsid(pid) != ours:
                    found.append(pid)
        return found

    def _ask(self, request: Request, seconds: float, *descriptors: int) -> Reply:
        deadline = time.monotonic() + seconds
        try:
            self._sock.settimeout(seconds)
            socket.send_fds(self._sock, [msgspec.msgpack.encode(request)], list(descriptors))
            while True:
                data, found, _, _ = socket.recv_fds(self._sock, _MAX_REPLY, 1)
                if not data:
                    break
                reply: Reply = self._decoder.decode(data)
                for descriptor in found:
                    self._started = processes.pid_of(descriptor)
                    os.close(descriptor)
                if isinstance(reply, Started) and reply.id == self._begin.id:
                    self.pid = self._started
                if reply.id == request.id:
                    return reply
                self._sock.settimeout(max(0.01, deadline - time.monotonic()))
        except (OSError, msgspec.MsgspecError):
            pass
        if not self._ready and self._process.poll() not in {None, -signal.SIGKILL}:
            raise JudgeError(
                f"the process that runs solutions cannot start (status {self._process.returncode}); "
                "its message stands above; `ptassess doctor` checks the installation"
            )
        raise Lost
