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

from ptassess.sandbox import processes
from ptassess.sandbox.arena import Arena
from ptassess.sandbox.channel import Channel, Closed
from ptassess.sandbox.executor import Executor
from ptassess.sandbox.wire import Answer, Ask, WireError, decode, encode

if TYPE_CHECKING:
    from typing import NoReturn

LISTENER = "PTASSESS_LISTENER"  # environment: number of the listening socket's descriptor
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


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
        arena_bytes: size of the arena whose descriptor it is given; 0: that descriptor, if any, is a listening socket.
    """

    path: str
    shown_as: str
    scratch: str
    overlay: str | None = None
    threads: int = 1
    memory_mb: int = 1024
    answer_mb: int = 1024
    arena_bytes: int = 0


def run(spec: WorkerSpec, sock: socket.socket, stdout: int, stderr: int, gift: int | None = None) -> NoReturn:
    """Become the worker; called in the child right after the fork, and never returns.

    Args:
        spec: what it is for.
        sock: its end of the connection to the judge.
        stdout: pipe to the supervisor.
        stderr: pipe to the supervisor.
        gift: descriptor of the listening socket of a service, or of the arena of a race.
    """
    status = 1
    try:
        _settle(spec, sock, stdout, stderr, gift)
        _serve(spec, Channel(sock), gift)
        status = 0
    except Closed:
        status = 0
    finally:
        os._exit(status)


def _settle(spec: WorkerSpec, sock: socket.socket, stdout: int, stderr: int, gift: int | None) -> None:
    """Take on a place of one's own: session, streams, folder, environment, limits."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    processes.become_subreaper()  # what it starts stays in its tree, where its memory is counted
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    place = 3
    for keep in sorted([sock.fileno()] + ([] if gift is None else [gift])):
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
    if gift is not None and not spec.arena_bytes:
        os.environ[LISTENER] = str(gift)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.default_int_handler)

    import torch

    torch.set_num_threads(spec.threads)
    # The levels `locked` and `namespaced` shut the doors here, before the first line of candidate code.


def _serve(spec: WorkerSpec, channel: Channel, gift: int | None) -> None:
    executor = Executor(Path(spec.path), spec.shown_as, Path(spec.overlay) if spec.overlay else None)
    if spec.arena_bytes and gift is not None:
        executor.arena = Arena.of_worker(gift, spec.arena_bytes)
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
        seq = message.seq
        reply = executor.reply(message)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # the candidate closed it
                stream.flush()
        channel.send(reply)
