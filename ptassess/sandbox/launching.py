"""How a supervisor comes to life, how it is connected to the judge, and how it ends from outside.

A level of isolation that has processes is a launcher. ``Local`` starts a process of this machine; a plugin's may start
one somewhere else, on the same kernel: judge and supervisor hand each other descriptors, and the judge looks at workers
in ``/proc``, signals them, and reads what they have computed from their memory.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import msgspec

from ptassess.sandbox import identity, processes
from ptassess.sandbox.zygote import Begin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.sandbox.worker import WorkerSpec

_END_SECONDS = 5.0  # to an empty process tree

# A supervisor's whole environment beside these: nothing of the judge's own crosses.
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


class Launched(Protocol):
    """A supervisor that was started.

    Attributes:
        process: of this machine that ends when the supervisor does: itself, or one that has started it elsewhere.
    """

    process: subprocess.Popen[bytes]

    def connect(self, seconds: float) -> socket.socket:
        """The connection to it, a sequential-packet socket; the same each time. It has been sent its ``Begin``.

        Args:
            seconds: most that this may take.

        Raises:
            OSError: if there is none in time, or none any more.
        """

    def hang_up(self) -> None:
        """Close the connection, upon which it ends with all its workers, unless something keeps it from that."""

    def end(self) -> None:
        """End it with its workers and all that these have left, from outside; it may have ended already."""


class Launcher(Protocol):
    """How supervisors are started, and what is left to their workers."""

    def begin(self, folder: str, hidden: Sequence[str]) -> Begin:
        """How workers are to be run.

        Args:
            folder: the wall's, in which their folders will be; empty, and nobody else's yet.
            hidden: folders that none of them may read.
        """

    def prepare(self, spec: WorkerSpec, number: int) -> WorkerSpec:
        """Make a worker's folder its own, and have its files where it can read them.

        Args:
            spec: what it is for.
            number: of the worker, counted by its judge.

        Returns:
            The same, with whom it becomes and where its files are.
        """

    def launch(self, begin: Begin) -> Launched:
        """Start a supervisor; it is not waited for.

        Args:
            begin: what it is sent as soon as it is connected.
        """


@dataclass(frozen=True, kw_only=True)
class Local:
    """Supervisors that are processes of this machine and inherit their end of the connection.

    Args:
        locked: whether workers give up what they need not.
        namespaces: whether they have namespaces of their own.
    """

    locked: bool = False
    namespaces: bool = False

    def begin(self, folder: str, hidden: Sequence[str]) -> Begin:
        """How workers are to be run; as of ``Launcher``.

        Args:
            folder: the wall's.
            hidden: folders that none of them may read.
        """
        if self.locked and identity.for_worker(0) is not None:
            Path(folder).chmod(0o711)  # the users that workers become pass through it to their own
        return Begin(0, locked=self.locked, namespaces=self.namespaces, folder=folder, hidden=tuple(hidden))

    def prepare(self, spec: WorkerSpec, number: int) -> WorkerSpec:
        """Make a worker's folder its own; its files stay where they are.

        Args:
            spec: what it is for.
            number: of the worker.
        """
        user = identity.for_worker(number) if self.locked else None
        if user is None:
            return spec
        identity.give(Path(spec.scratch), user)
        return msgspec.structs.replace(spec, user=user)

    def launch(self, begin: Begin) -> Child:
        """Start a supervisor.

        Args:
            begin: what it is sent.
        """
        return Child(begin)


class Child:
    """A supervisor that is a child of this process.

    Args:
        begin: what it is sent.
    """

    _alive: ClassVar[set[int]] = set()

    def __init__(self, begin: Begin) -> None:
        processes.become_subreaper()  # what outlives a supervisor that a solution has killed comes to us
        self._known = set(processes.children(os.getpid()))
        self._sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock.send(msgspec.msgpack.encode(begin))  # it waits for the process, which may be killed at any time
        self.process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [
                sys.executable,
                "-P",
                "-c",
                f"from ptassess.sandbox.zygote import main; main({theirs.fileno()})",
            ],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env=environment(begin.folder),
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is the judge's to handle
        )
        theirs.close()
        self._alive.add(self.process.pid)

    def connect(self, seconds: float) -> socket.socket:
        """The connection to it, which is there from the beginning.

        Args:
            seconds: for the interface.
        """
        del seconds
        return self._sock

    def hang_up(self) -> None:
        """Close the connection."""
        self._sock.close()

    def end(self) -> None:
        """Kill it and its whole tree, and whatever had left that tree."""
        processes.kill_tree(self.process.pid)
        self.process.wait()
        self._alive.discard(self.process.pid)
        deadline = time.monotonic() + _END_SECONDS
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


def environment(folder: str) -> dict[str, str]:
    """The environment of a supervisor of this machine.

    Args:
        folder: its HOME and TMPDIR while it has no worker.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | own_environment(folder)


def own_environment(folder: str) -> dict[str, str]:
    """That part of a supervisor's environment that does not depend on where it runs.

    Args:
        folder: as for ``environment``.
    """
    return dict.fromkeys(_THREADS, "1") | {"HOME": folder, "TMPDIR": folder}
