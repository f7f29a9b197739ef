"""The supervisor: imports torch once, forks a worker for every request, watches it, and sweeps up after it.

It holds no secret and never runs a tensor operation: forking after torch has worked hangs the child. One thread, one
poll loop: the judge's requests, the workers' output, and a look at their memory every 20 ms. As a subreaper it inherits
whatever a worker leaves behind.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ptassess.sandbox import channel, confinement, door, identity, namespaces, processes, worker

TICK = 0.02  # seconds between two looks at memory
RACE_TICK = 0.25
"""The same for workers in a race, whose calls it would disturb: it takes part of a millisecond of one of their cores.
In between only their own resident memory is asked for, which takes two microseconds, and not that of their children."""
RING = 65_536  # bytes kept of each output stream
MAX_REQUEST = 65_536
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
_FEW = 64
"""So many sockets and pipes of a worker's tree are taken to be nearly empty, as they are, and as many sockets that
nobody has open; the others count as if they were full, since nobody tells how full they are."""
_SAY_SECONDS = 3.0  # the judge waits 5 for a worker
_REAP_SECONDS = 2.0  # to an empty process tree


class Begin(msgspec.Struct, tag="begin"):
    """How workers are to be run; comes first, and once.

    Attributes:
        id: of the request.
        locked: whether they give up what they need not.
        namespaces: whether they have namespaces of their own.
        folder: in which their folders are.
        hidden: folders that none of them may read.
        elsewhere: whether the judge is none of their ancestors.
    """

    id: int
    locked: bool
    namespaces: bool
    folder: str
    hidden: tuple[str, ...]
    elsewhere: bool = False


class Spawn(msgspec.Struct, tag="spawn"):
    """Start a worker; its socket comes along, and a second descriptor if its spec says so."""

    id: int
    spec: worker.WorkerSpec


class Reap(msgspec.Struct, tag="reap"):
    """End a worker and everything that it started."""

    id: int


class Preload(msgspec.Struct, tag="preload"):
    """Import modules, so that no worker has to while its clock runs."""

    id: int
    names: tuple[str, ...]


class Started(msgspec.Struct, tag="started"):
    """A process runs: the supervisor, or a worker. A descriptor of it comes along, for it may have another number."""

    id: int


class Failed(msgspec.Struct, tag="failed"):
    """A worker could not be set up; nothing of the candidate's has run.

    Attributes:
        id: of the request.
        why: in one line.
    """

    id: int
    why: str


class Done(msgspec.Struct, tag="done"):
    """That which was asked for has been done: modules that could be imported are."""

    id: int


class End(msgspec.Struct, tag="end"):
    """How a worker ended.

    Attributes:
        id: of the worker.
        cause: ``memory`` if the watchdog killed it, ``exit`` if it ended by itself, else ``killed``.
        status: exit status, or minus the signal's number.
        max_rss_mb: most resident memory that its tree added, in MiB.
        cpu_seconds: user and system time of the worker.
        stdout: last bytes.
        stderr: last bytes.
        dropped: bytes of output that were not kept.
    """

    id: int
    cause: str
    status: int
    max_rss_mb: float
    cpu_seconds: float
    stdout: bytes
    stderr: bytes
    dropped: int


Request = Spawn | Reap | Preload
Reply = Started | Failed | End | Done


@dataclass
class _Ring:
    """The last bytes of a stream."""

    fd: int
    kept: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def read(self) -> bool:
        """Take what is there; False at the end of the stream."""
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.kept += data
        if (extra := len(self.kept) - RING) > 0:
            del self.kept[:extra]
            self.dropped += extra
        return bool(data)


@dataclass
class _Worker:
    """A worker that was started, until it is reaped."""

    id: int
    pid: int
    pidfd: int
    limit_kb: int
    streams: list[_Ring]
    statm: int | None = None
    peak_kb: int = 0
    cause: str = "killed"
    user: int | None = None


class Supervisor:
    """The poll loop.

    Args:
        control: connection to the judge, a sequential-packet socket.
        begin: how workers are to be run.
        confined: what is left to them; None for everything.
    """

    def __init__(self, control: socket.socket, begin: Begin, confined: confinement.Confinement | None) -> None:
        self._control = control
        self._fork = namespaces.Pids().fork if begin.namespaces else os.fork
        self._place = worker.Place(
            folder=begin.folder if begin.namespaces else None, confinement=confined, elsewhere=begin.elsewhere
        )
        # The first process of a container: what is in its shared memory can be nobody's but its workers'.
        self._owns_shared_memory = begin.elsewhere and os.getpid() == 1
        self._workers: dict[int, _Worker] = {}
        self._rings: dict[int, _Ring] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._baseline_kb = 0
        self._next_thorough = 0.0
        self._decoder = msgspec.msgpack.Decoder(Request)
        self._say(Started(begin.id), os.getpid())

    def run(self) -> None:
        """Serve until the judge is gone."""
        self._baseline_kb = _settle()
        next_look = 0.0
        while True:
            timeout = None if not self._workers else max(0.0, next_look - time.monotonic()) * 1000
            for fd, _ in self._poll.poll(timeout):
                if fd == self._control.fileno():
                    if not self._serve():
                        return
                elif (ring := self._rings.get(fd)) and not ring.read():
                    self._poll.unregister(fd)
                    del self._rings[fd]
            if self._workers and (now := time.monotonic()) >= next_look:
                if any(member.statm is None for member in self._workers.values()) or now >= self._next_thorough:
                    self._look_at_all()
                    self._next_thorough = time.monotonic() + RACE_TICK
                else:
                    for member in self._workers.values():
                        self._glance(member)
                next_look = time.monotonic() + TICK

    def _serve(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, MAX_REQUEST, 2)
        if not data:
            for number in list(self._workers):
                self._reap(number)
            return False
        request = self._decoder.decode(data)
        if isinstance(request, Spawn):
            try:
                self._say(Started(request.id), self._spawn(request, *descriptors))
            except OSError as error:
                if request.id in self._workers:
                    self._reap(request.id)
                self._say(Failed(request.id, str(error)))
        elif isinstance(request, Preload):
            for name in request.names:
                with contextlib.suppress(Exception):  # the solution that imports it will say what is wrong with it
                    importlib.import_module(name)
            self._baseline_kb = _settle()
            self._say(Done(request.id))
        else:
            self._say(self._reap(request.id))
        return True

    def _say(self, reply: Reply, pid: int | None = None) -> None:
        descriptors = [os.pidfd_open(pid)] if pid else []
        deadline = time.monotonic() + _SAY_SECONDS
        try:
            channel.send_files(
                self._control, msgspec.msgpack.encode(reply), descriptors, deadline, meanwhile=self._look_at_all
            )
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _spawn(self, request: Spawn, connection: int, gift: int | None = None) -> int:
        *pipes, ready = [os.pipe() for _ in range(3)]
        try:
            pid = self._fork()
        except OSError:
            for descriptor in (connection, *([] if gift is None else [gift]), *itertools.chain(*pipes, ready)):
                os.close(descriptor)
            raise
        if pid == 0:
            sock = socket.socket(fileno=connection)
            worker.run(request.spec, self._place, sock, pipes[0][1], pipes[1][1], ready[1], gift)
        os.close(connection)
        if gift is not None:
            os.close(gift)
        rings = []
        for reading, writing in pipes:
            os.close(writing)
            os.set_blocking(reading, False)
            ring = _Ring(reading)
            self._rings[reading] = ring
            self._poll.register(reading, select.POLLIN)
            rings.append(ring)
        os.close(ready[1])
        with os.fdopen(ready[0], "rb") as pipe:
            why = pipe.read()
        limit = request.spec.memory_mb * 1024
        statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC) if request.spec.races else None
        self._workers[request.id] = _Worker(
            request.id, pid, os.pidfd_open(pid), limit, rings, statm, user=request.spec.user
        )
        if why != worker.READY:
            self._reap(request.id)
            raise OSError(why.decode(errors="replace") or "it ended before it was ready")
        return pid

    def _look_at_all(self) -> None:
        """Look at every worker's memory, and end what has left its tree."""
        for member in self._workers.values():
            self._look(member)
        self._end_strays()

    def _glance(self, member: _Worker) -> None:
        """Look at a worker only if its own resident memory, files included, may have grown beyond its cap."""
        assert member.statm is not None
        with contextlib.suppress(OSError):  # it has ended
            pages = int(os.pread(member.statm, 128, 0).split()[1])
            if pages * _PAGE_KB - self._baseline_kb > member.limit_kb:
                self._look(member)

    def _look(self, member: _Worker) -> None:
        """Kill a worker whose process tree has grown beyond its cap."""
        tree = [member.pid, *processes.descendants(member.pid)]
        used = sum(max(0, processes.private_kb(pid) - self._baseline_kb) for pid in tree)
        if used > member.limit_kb and len(tree) > 1:
            # Pages that a fork shares were counted once a process; the exact figure costs milliseconds.
            used = sum(processes.proportional_kb(pid) for pid in tree) - self._baseline_kb
        used += self._queued_kb(tree)
        if self._owns_shared_memory and len(self._workers) == 1:  # else nobody tells whose it is
            used += identity.shared_memory_kb()
        member.peak_kb = max(member.peak_kb, used)
        if used > member.limit_kb and member.cause != "memory":
            member.cause = "memory"
            processes.kill_tree(member.pid)

    def _queued_kb(self, tree: list[int]) -> int:
        """What may wait in the sockets and pipes of a worker's tree."""
        held = sorted(processes.queues(tree).values(), reverse=True)
        total = sum(held[_FEW:])
        if self._place.folder is not None:  # a network of its own: whatever is in there is this worker's
            unseen = processes.sockets_of_network(tree[0]) - len(held) - _FEW
            total += max(0, unseen) * processes.SOCKET_BYTES
        return total // 1024

    def _reap(self, number: int) -> End:
        member = self._workers.pop(number, None)
        if member is None:  # of a supervisor that this one replaced
            return End(number, "killed", -signal.SIGKILL, 0.0, 0.0, b"", b"", 0)
        if member.cause == "killed":
            self._look_before_end(member)
        _, status, usage = self._sweep(member)
        for ring in member.streams:
            while ring.fd in self._rings and ring.read() and select.select([ring.fd], [], [], 0)[0]:
                pass
            if ring.fd in self._rings:
                self._poll.unregister(ring.fd)
                del self._rings[ring.fd]
            os.close(ring.fd)
        os.close(member.pidfd)
        if member.statm is not None:
            os.close(member.statm)
        return End(
            id=number,
            cause=member.cause,
            status=os.waitstatus_to_exitcode(status),
            max_rss_mb=member.peak_kb / 1024,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            stdout=bytes(member.streams[0].kept),
            stderr=bytes(member.streams[1].kept),
            dropped=sum(ring.dropped for ring in member.streams),
        )

    def _look_before_end(self, member: _Worker) -> None:
        """Note whether it had ended by itself; a zombie still has its status."""
        if select.select([member.pidfd], [], [], 0)[0]:
            member.cause = "exit"
        else:
            used = processes.private_kb(member.pid) - self._baseline_kb
            member.peak_kb = max(member.peak_kb, used)

    def _sweep(self, member: _Worker) -> tuple[int, int, "os.struct_rusage_t"]:  # type: ignore[name-defined]  # noqa: UP037
        """Kill the worker, its descendants, and what they had handed to us; gives the worker's own end."""
        processes.kill_tree(member.pid)
        end = os.wait4(member.pid, 0)
        deadline = time.monotonic() + _REAP_SECONDS
        while self._end_strays() and time.monotonic() < deadline:
            pass
        if member.user is not None:
            identity.sweep(member.user)
        elif self._owns_shared_memory and not self._workers:
            identity.sweep(os.getuid(), alone=True)
        return end

    def _end_strays(self) -> bool:
        """Kill what hangs off this process and is no worker; tells whether there was anything.

        A worker keeps its own orphans, as their subreaper, for as long as it lives and wants to: what comes here has
        left its tree, where nobody counts its memory.
        """
        ours = {other.pid for other in self._workers.values()}
        strays = [pid for pid in processes.children(os.getpid()) if pid not in ours]
        processes.end_children(strays)
        return bool(strays)


def _settle() -> int:
    """Take what is imported out of the collector's sight: it would write into pages that all workers share.

    Returns:
        Resident memory that every worker begins with, in KiB.
    """
    gc.collect()
    gc.freeze()
    return processes.private_kb(os.getpid())


def answer(folder: str) -> None:
    """As ``main``, where no descriptor can be inherited.

    Args:
        folder: the wall's, with the judge's ``Door``.
    """
    control = door.enter(folder).detach()
    import torch  # noqa: F401  the judge may take its time to answer the door

    main(control)


def main(control: int) -> None:
    """Prepare the process that all workers are forked from, and serve.

    Args:
        control: file descriptor of the connection to the judge.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel.allow_many_files()
    sock = socket.socket(fileno=control)
    begin = msgspec.msgpack.decode(sock.recv(MAX_REQUEST), type=Begin)
    hidden = [Path(path).resolve() for path in begin.hidden]
    confined = None
    if begin.locked:
        # Where it has namespaces, a worker sees nobody that has to be protected.
        protected = [] if begin.namespaces else [os.getpid(), *processes.ancestors(os.getpid())]
        confined = confinement.confinement(hidden=hidden, protected=protected)
        if begin.namespaces:
            namespaces.enter(begin.folder, confined.roots, hidden)
    processes.become_subreaper()

    import numpy as np  # noqa: F401  imported here so that no worker has to
    import torch

    import ptassess.probing  # noqa: F401

    torch.set_num_threads(1)
    sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        Supervisor(sock, begin, confined).run()
    os._exit(0)
