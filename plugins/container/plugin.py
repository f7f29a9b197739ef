"""The level of isolation ``container``: the supervisor of all workers runs in a container of Docker's or Podman's.

Written by the engines' documentation (see ``engines.py``), tested with stand-ins that check every option against it,
and run with Docker and with Podman, root's and rootless: docs/containers.md says which.

The workers are what they are at the level ``locked``, and beside that there is nothing around them: of this machine's
files only the wall's folder, no network, no capability, no process of anybody else's. It takes an image in which this
version of ptassess is installed; ``PTASSESS_IMAGE`` names it, and without that name the level is never chosen. There is
no accelerator in the container.

Judge and supervisor hand each other descriptors (unix(7), SCM_RIGHTS), and the judge finds workers by their pidfds,
signals them and reads what they have computed from their memory. So both run on one kernel: with runc or crun, but
neither with gVisor's runsc, whose kernel is another one, nor where the engine lives in a virtual machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import shutil
import socket
import stat
import subprocess
import tempfile
from dataclasses import replace
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess import hookimpl
from ptassess.loading import load_file
from ptassess.sandbox import Level, confinement, folders, identity, processes
from ptassess.sandbox.door import NAME, Door
from ptassess.sandbox.zygote import Begin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines import Engine

    from ptassess.sandbox import Wall
    from ptassess.sandbox.worker import WorkerSpec

engines: Any = load_file(Path(__file__).with_name("engines.py"), "plugin")

IMAGE = "PTASSESS_IMAGE"
TRY_SECONDS = 30.0  # until a container has started, and Python in it
_LEAVE_SECONDS = 2.0  # for it to end by itself, with what its engine has to do then
_COPIES = ".files"
_ZYGOTE = "from ptassess.sandbox.zygote import answer; answer({folder!r})"

# What a container tells of itself, beside a descriptor of its process. It needs no ptassess to say that there is none.
_TRIAL = """
import ctypes, json, os, platform, socket
from importlib import metadata

os.chdir({folder!r})
judge = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
judge.connect({name!r})

def version(package):
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None

found = {{package: version(package) for package in ("ptassess", "torch")}}
found["Python"] = ".".join(platform.python_version_tuple()[:2])
if found == {wanted!r}:
    from ptassess.registry import catalogue
    from ptassess.sandbox import confinement

    found["denied"] = confinement.why_not()
    found["answers"] = sorted(catalogue().private)
word = ctypes.create_string_buffer(os.urandom(16).hex().encode())
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, as a contestant does
found |= {{"word": word.value.decode(), "at": ctypes.addressof(word)}}
socket.send_fds(judge, [json.dumps(found).encode()], [os.pidfd_open(os.getpid())])
judge.recv(1)
"""


class Contained:
    """A supervisor in a container; see ``ptassess.sandbox.launching.Launched``.

    Args:
        engine: that has it.
        folder: that it shares with the judge.
        code: for Python in it; it has to connect to the folder's ``Door``.
        begin: what it is sent.
        quiet: as for ``Engine.start``.
    """

    def __init__(
        self, engine: Engine, folder: str, code: str, begin: Begin | None = None, *, quiet: bool = False
    ) -> None:
        self._engine = engine
        self.name = f"ptassess-{os.getpid()}-{secrets.token_hex(4)}"
        self._begin = begin
        self._door = Door(folder, engine.owner)
        self._sock: socket.socket | None = None
        try:
            self.process = engine.start(self.name, folder, code, quiet=quiet)
        except BaseException:
            self._door.close()
            raise

    def connect(self, seconds: float) -> socket.socket:
        """The connection; the first time this waits for it.

        Args:
            seconds: most that this may take.

        Raises:
            TimeoutError: if it has ended, or does not come in time.
        """
        if self._sock is None:
            self._sock = self._door.wait(seconds, lambda: self.process.poll() is None)
            if self._begin is not None:
                self._sock.send(msgspec.msgpack.encode(self._begin))
        return self._sock

    def hang_up(self) -> None:
        """Close the connection, and let nobody connect any more."""
        self._door.close()
        if self._sock is not None:
            self._sock.close()

    def end(self) -> None:
        """End the container from outside: with its first process, all others in it end."""
        self._engine.remove(self.name, self.process)


class Launcher:
    """Starts supervisors in containers; see ``ptassess.sandbox.launching.Launcher``.

    Args:
        engine: that has them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, folder: str, hidden: Sequence[str]) -> Begin:
        """Workers are locked, and their judge is elsewhere.

        Args:
            folder: the wall's.
            hidden: folders that none of them may read; an image that has such folders is not used to begin with.
        """
        self._give(folder)
        return Begin(0, locked=True, namespaces=False, folder=folder, hidden=tuple(hidden), elsewhere=True)

    def prepare(self, spec: WorkerSpec, number: int) -> WorkerSpec:
        """Give a worker its folder, and copies of its files beside it; copies of workers that have ended go.

        It reads the copies and cannot write there: that is Landlock's doing.

        Args:
            spec: what it is for.
            number: for the interface; all workers are one user.
        """
        del number
        scratch = Path(spec.scratch)
        for old in scratch.parent.glob(f"*{_COPIES}"):
            if not old.with_suffix("").exists():
                folders.remove(old)
        self._give(spec.scratch)
        if not spec.path:
            return spec
        copies = scratch.with_suffix(_COPIES)
        places = [copies / str(place) / Path(source).name for place, source in enumerate(spec.files)]
        for source, place in zip(spec.files, places, strict=True):
            place.parent.mkdir(parents=True)
            _copy(Path(source), place)
        for made in (copies, *(place.parent for place in places)):
            made.chmod(0o755)
        return spec.at(*map(str, places))

    def launch(self, begin: Begin) -> Contained:
        """Start a supervisor.

        Args:
            begin: what it is sent.
        """
        return Contained(self._engine, begin.folder, _ZYGOTE.format(folder=begin.folder), begin)

    def _give(self, folder: str) -> None:
        if self._engine.owner is not None:
            identity.give(Path(folder), self._engine.owner)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder's files; no link is followed, for it may lead to what is not the candidate's."""
    with contextlib.suppress(OSError):  # what is not there, the worker will miss and say so
        kind = source.lstat().st_mode
        if stat.S_ISDIR(kind):
            target.mkdir()
            target.chmod(0o755)
            for child in source.iterdir():
                _copy(child, target / child.name)
        elif stat.S_ISREG(kind):
            shutil.copyfile(source, target, follow_symlinks=False)
            target.chmod(0o644)


# -- what is there ---------------------------------------------------------------------------------------------


def why_not() -> str | None:
    """Why there can be no such container here, in one line that says what to type; None if one was started."""
    found = confinement.why_not() or _found()
    return found if isinstance(found, str) else None


def _found() -> Engine | str:
    commands = tuple(filter(None, map(shutil.which, engines.NAMES)))
    if not commands:
        return f"needs {' or '.join(engines.NAMES)}: install one of them"
    if not (image := os.environ.get(IMAGE)):
        build = _how_to_build(Path(commands[0]).name)
        return f"needs an image: type `{build}`, then `export {IMAGE}=ptassess:{_wanted()['ptassess']}`"
    return _find(image, commands)


@lru_cache(maxsize=8)
def _find(image: str, commands: tuple[str, ...]) -> Engine | str:
    """The first engine that can be used, or why none can; looked for once."""
    reasons = []
    for command in commands:
        try:
            engine = replace(engines.examine(command), image=image)
            _try(engine)
        except engines.Refused as reason:
            reasons.append(str(reason))
        else:
            return engine  # type: ignore[no-any-return]
    return "; ".join(reasons)


def _wanted() -> dict[str, str]:
    """The versions that have to be the same on both sides: those that a run file tells are the judge's."""
    found = {package: metadata.version(package).partition("+")[0] for package in ("ptassess", "torch")}
    return found | {"Python": ".".join(platform.python_version_tuple()[:2])}


def _how_to_build(name: str) -> str:
    wanted = _wanted()
    return (
        f"{name} build --tag ptassess:{wanted['ptassess']} --build-arg PYTHON={wanted['Python']} "
        f"--build-arg TORCH='torch=={wanted['torch']} torchvision' "
        f"--build-arg PTASSESS=ptassess=={wanted['ptassess']} "
        f"--file {Path(__file__).with_name('Dockerfile')} FOLDER_OF_THE_WHEEL"
    )


def _try(engine: Engine) -> None:
    """Start a container as a wall does, and see that a judge can do with it what it has to.

    Raises:
        Refused: if it cannot, or if it is not the image that is needed.
    """
    name, image = engine.name, engine.image
    if engines.ask(engine.command, "image", "inspect", image).returncode:
        raise engines.Refused(f"there is no image {image} in {name}, and none is fetched; type `{_how_to_build(name)}`")
    found, sees = _report_of(engine)
    wrong = [
        f"{key} {found.get(key) or 'none'} instead of {value}"
        for key, value in _wanted().items()
        if found.get(key) != value
    ]
    if wrong:
        raise engines.Refused(f"the image {image} has {', '.join(wrong)}; type `{_how_to_build(name)}`")
    if found["answers"]:
        slugs = ", ".join(found["answers"])
        raise engines.Refused(f"the image {image} holds private checks, of {slugs}; type `{_how_to_build(name)}`")
    if found["denied"]:
        raise engines.Refused(f"workers in a container of {name}'s cannot be locked: it {found['denied']}")
    if not sees:
        raise engines.Refused(
            f"the judge cannot signal and read the processes of {name}'s containers; run it on the machine where they "
            "are, as the user who starts them"
        )


def _report_of(engine: Engine) -> tuple[dict[str, Any], bool]:
    """Start a container; gives what ``_meet`` does.

    Raises:
        Refused: if it does not start, or cannot reach the judge.
    """
    folder = tempfile.mkdtemp(prefix="ptassess-")
    contained = None
    said = ""
    try:
        Launcher(engine).begin(folder, [])
        contained = Contained(engine, folder, _TRIAL.format(folder=folder, name=NAME, wanted=_wanted()), quiet=True)
        return _meet(contained.connect(TRY_SECONDS))
    except (OSError, ValueError) as error:
        said = str(error)
    finally:
        if contained is not None:
            contained.hang_up()
            with contextlib.suppress(subprocess.TimeoutExpired):
                contained.process.wait(_LEAVE_SECONDS)
            contained.end()
            assert contained.process.stderr is not None
            with contained.process.stderr as stream:
                said = engines.last_line(stream.read().decode(errors="replace") or said)
        folders.remove(folder)
    raise engines.Refused(f"a container of {engine.image} does not start as {engine.name} is told to ({said})")


def _meet(sock: socket.socket) -> tuple[dict[str, Any], bool]:
    """What a container says of itself, and whether the judge can do with its process what it does with a worker.

    Raises:
        OSError: if it says nothing.
        ValueError: if it says something else.
    """
    from ptassess.sandbox.reading import read_memory

    sock.settimeout(TRY_SECONDS)
    data, descriptors, _, _ = socket.recv_fds(sock, 1 << 16, 1)
    pid = 0
    for descriptor in descriptors:
        pid = processes.pid_of(descriptor)
        os.close(descriptor)
    found = json.loads(data)
    sees = False
    if pid > 0:
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            word = found["word"].encode()
            sees = read_memory(pid, found["at"], len(word)) == word
    return found, sees


def open_wall(hidden: Sequence[Path]) -> Wall:
    """Make the wall.

    Args:
        hidden: folders that no worker may read.
    """
    from ptassess.sandbox.wall import ProcessWall

    engine = _found()
    assert not isinstance(engine, str)
    return ProcessWall(LEVEL.name, Launcher(engine), hidden)


LEVEL = Level(
    name="container",
    rank=40,
    summary="as locked, and all processes are in a container of Docker's or Podman's, with no network, no capability, "
    "and no files of the machine's",
    probe=why_not,
    open=open_wall,
)


@hookimpl
def ptassess_isolation_levels():
    """Register it."""
    return LEVEL
