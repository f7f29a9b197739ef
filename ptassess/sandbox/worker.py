"""The hostile side: a forked process that serves requests on a candidate's solution until it is killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess.sandbox import devices, identity, landlock, namespaces, processes
from ptassess.sandbox.channel import Channel, Closed
from ptassess.sandbox.confinement import Confinement, confine, keep_files_few
from ptassess.sandbox.executor import Executor
from ptassess.sandbox.wire import Answer, Ask, Done, WireError, decode, encode

if TYPE_CHECKING:
    from typing import NoReturn

READY = b"+"  # begins no message of an error
_MAX_WHY = 2_000  # bytes
LISTENER = "PTASSESS_LISTENER"  # environment: number of the listening socket's descriptor
_PR_SET_PDEATHSIG, _PR_SET_PTRACER, _ANYBODY = 1, 0x5961_6D61, -1  # linux/prctl.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_SMALL = 1 << 16  # bytes


class WorkerSpec(msgspec.Struct, frozen=True):
    """What a worker is for.

    Attributes:
        path: the solution's file.
        shown_as: its name in messages.
        scratch: a folder of its own: working folder, HOME and TMPDIR.
        overlay: a file to execute on top of the solution.
        threads: torch's threads.
        memory_mb: resident memory that its process tree may add, in MiB.
        answer_mb: most bytes of one answer's tensors, in MiB.
        weighed: it may write in its scratch only, where the kernel has Landlock, and gives freed memory back at once.
        races: it is a contestant, which inputs are handed over to.
        device: on which the timed calls of a race run; see ``ptassess.sandbox.devices``.
        user: whom it becomes; see ``ptassess.sandbox.identity``.
    """

    path: str
    shown_as: str
    scratch: str
    overlay: str | None = None
    threads: int = 1
    memory_mb: int = 1024
    answer_mb: int = 1024
    weighed: bool = False
    races: bool = False
    device: str = devices.CPU
    user: int | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """What it imports: the solution, with all that lies beside it if that is a package, and the overlay."""
        path = Path(self.path)
        own = str(path.parent) if path.name == "__init__.py" else self.path
        return tuple(filter(None, (own, self.overlay)))

    def at(self, own: str, overlay: str | None = None) -> WorkerSpec:
        """The same with its files at other places.

        Args:
            own: of the solution's file or folder.
            overlay: of the overlay.
        """
        path = Path(self.path)
        own = str(Path(own, path.name)) if path.name == "__init__.py" else own
        return msgspec.structs.replace(self, path=own, overlay=overlay)


class Place(msgspec.Struct, frozen=True):
    """Where the workers of a supervisor live.

    Attributes:
        folder: in which their folders are, if each has namespaces of its own.
        confinement: what is left to them, from level ``locked`` on.
        elsewhere: whether the judge is none of their ancestors.
    """

    folder: str | None = None
    confinement: Confinement | None = None
    elsewhere: bool = False


def run(  # noqa: PLR0913, PLR0917  what a process begins with
    spec: WorkerSpec, place: Place, sock: socket.socket, stdout: int, stderr: int, ready: int, gift: int | None = None
) -> NoReturn:
    """Become the worker; called in the child right after the fork, and never returns.

    Args:
        spec: what it is for.
        place: where it lives.
        sock: its end of the connection to the judge.
        stdout: pipe to the supervisor.
        stderr: pipe to the supervisor.
        ready: pipe to the supervisor, for ``READY`` or what has gone wrong before any code of the candidate's.
        gift: descriptor of the listening socket of a service.
    """
    status = 1
    try:
        try:
            _settle(spec, sock, stdout, stderr, ready, gift)
            spec = _shut_in(spec, place, serves=gift is not None)
            os.write(ready, READY)
        except BaseException as error:  # noqa: BLE001  it is the machine's fault, whatever it is
            os.write(ready, f"{type(error).__name__}: {error}".encode(errors="replace")[:_MAX_WHY])
            os._exit(status)
        finally:
            os.close(ready)
        _serve(spec, Channel(sock, takes_files=spec.races))
        status = 0
    except Closed:
        status = 0
    finally:
        os._exit(status)


def _settle(  # noqa: PLR0913, PLR0917  as above
    spec: WorkerSpec, sock: socket.socket, stdout: int, stderr: int, ready: int, gift: int | None
) -> None:
    """Take on a place of one's own: session, streams, folder, environment, limits."""
    os.setsid()
    processes.become_subreaper()  # what it starts stays in its tree, where its memory is counted
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    place = 3
    for keep in sorted([sock.fileno(), ready] + ([] if gift is None else [gift])):
        os.closerange(place, keep)
        place = keep + 1
    os.closerange(place, 65_536)  # close_range in the kernel: one call, however many
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115  for good
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(spec.scratch)
    # Without a writable HOME and TMPDIR a DataLoader with workers hangs and optimisers that compile raise.
    os.environ |= {
        "HOME": spec.scratch,
        "TMPDIR": spec.scratch,
        "TORCHINDUCTOR_CACHE_DIR": f"{spec.scratch}/inductor",
    }
    if gift is not None:
        os.environ[LISTENER] = str(gift)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    keep_files_few()
    signal.signal(signal.SIGINT, signal.default_int_handler)

    import torch

    torch.set_num_threads(spec.threads)
    if spec.weighed:
        _give_memory_back()


def _shut_in(spec: WorkerSpec, place: Place, *, serves: bool) -> WorkerSpec:
    """Shut the doors, before the first line of candidate code; gives where its files are from now on."""
    if place.elsewhere and spec.races:
        # The judge reads its results, and Yama lets but ancestors read.
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANYBODY), 0, 0, 0)
    if place.folder is not None:
        found = namespaces.settle(place.folder, spec.scratch, spec.files, memory_mb=spec.memory_mb)
        spec = spec.at(*found) if found else spec
    if place.confinement is not None:
        identity.become(spec.user)
        confine(
            place.confinement,
            scratch=spec.scratch,
            solution=spec.files,
            shared_memory=not spec.weighed,
            network="own" if place.folder is not None else "served" if serves else "none",
            timers=not spec.races or spec.device != devices.CPU,  # what drivers need is theirs to say
        )
    elif spec.weighed:
        landlock.write_only_below(spec.scratch)
    elif spec.races:
        landlock.stand_apart()  # the inputs of calls to come lie in the judge's memory, and in the other contestants'
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # last: to become another user undoes it
    return spec


def _give_memory_back() -> None:
    """Have what is freed leave the process: else it would hold more or less of that by chance."""
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, _SMALL)
    libc.mallopt(_M_TRIM_THRESHOLD, _SMALL)


def _serve(spec: WorkerSpec, channel: Channel) -> None:
    executor = Executor(Path(spec.path), spec.shown_as, Path(spec.overlay) if spec.overlay else None)
    if spec.device != devices.CPU:
        executor.device = devices.of(spec.device)  # before the first line of the candidate's
    seq = 0
    asking = threading.Lock()

    def judge_call(token: int) -> Any:
        def ask(*args: Any) -> Any:
            with asking:
                channel.send(encode(Ask(seq, token, list(args))))
                answer = decode(*channel.receive())
            if not isinstance(answer, Answer):
                raise WireError("no answer")
            if answer.refused is not None:
                raise RuntimeError(answer.refused)
            return answer.value

        return ask

    while True:
        message = decode(*channel.receive(), judge_call)
        if isinstance(message, Done):
            raise WireError("no request")
        seq = message.seq
        reply = executor.reply(message, channel.files.pop() if channel.files else None)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # the candidate closed it
                stream.flush()
        channel.send(reply)
        if executor.laps is not None:
            executor.laps.serve(channel)
