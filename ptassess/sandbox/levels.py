"""The levels of isolation, weakest first, and which of them this machine can give."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess.errors import IsolationError
from ptassess.sandbox import confinement, namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptassess.sandbox.wall import Wall

_VERIFIES = 20  # rank of `locked`: at weaker levels a solution can read the judge's files, or its memory


@dataclass(frozen=True, kw_only=True)
class Level:
    """A way to run a candidate's code.

    Args:
        name: as in ``--isolation``.
        rank: stronger levels have higher ranks.
        summary: what it is, in one line, for scorecards.
        probe: why this machine cannot give it, in one line, or None if it can.
        open: makes the wall, given the folders that no worker may read wherever they lie, such as private checks.
    """

    name: str
    rank: int
    summary: str
    probe: Callable[[], str | None]
    open: Callable[[Sequence[Path]], Wall]

    @property
    def verifies(self) -> bool:
        """Whether a score may be *verified* that was made behind it."""
        return self.rank >= _VERIFIES


def _inprocess(_hidden: Sequence[Path]) -> Wall:
    from ptassess.sandbox.wall import InprocessWall

    return InprocessWall()


def _process(_hidden: Sequence[Path]) -> Wall:
    from ptassess.sandbox.wall import ProcessWall

    return ProcessWall()


def _locked(hidden: Sequence[Path]) -> Wall:
    from ptassess.sandbox.launching import Local
    from ptassess.sandbox.wall import ProcessWall

    return ProcessWall(LOCKED.name, Local(locked=True), hidden)


def _why_no_process() -> str | None:
    if sys.platform != "linux":
        return "needs Linux: forking after torch was imported is unsafe elsewhere; use a container or WSL"
    if not hasattr(os, "pidfd_open") or not Path("/proc/self/task").exists():
        return "needs /proc and pidfds: Linux 5.3 or newer with /proc mounted"
    return None


def _namespaced(hidden: Sequence[Path]) -> Wall:
    from ptassess.sandbox.launching import Local
    from ptassess.sandbox.wall import ProcessWall

    return ProcessWall(NAMESPACED.name, Local(locked=True, namespaces=True), hidden)


INPROCESS = Level(
    name="inprocess",
    rank=0,
    summary="no wall: the solution ran inside the judge; for stepping through one's own code",
    probe=lambda: None,
    open=_inprocess,
)
PROCESS = Level(
    name="process",
    rank=10,
    summary="a fresh process for every check, with a scrubbed environment, deadlines and a memory watchdog",
    probe=_why_no_process,
    open=_process,
)
LOCKED = Level(
    name="locked",
    rank=20,
    summary="as process, and the kernel lets it read libraries and its own files, write in a folder of its own, and "
    "reach neither the network nor other processes (Landlock, seccomp)",
    probe=lambda: _why_no_process() or confinement.why_not(),
    open=_locked,
)
NAMESPACED = Level(
    name="namespaced",
    rank=30,
    summary="as locked, and each process has users, mounts, processes, network and IPC objects of its own: it sees "
    "libraries, its own files and itself",
    probe=lambda: LOCKED.probe() or namespaces.why_not(),
    open=_namespaced,
)
BUILT_IN = (INPROCESS, PROCESS, LOCKED, NAMESPACED)


def refuse_unknown(floor: str | None, levels: Sequence[Level] = BUILT_IN) -> None:
    """Refuse the name of a level that there is not, without trying any of them out.

    Args:
        floor: a name, or None.
        levels: those that there are.

    Raises:
        IsolationError: if it is none of theirs.
    """
    names = [level.name for level in levels]
    if floor is not None and floor not in names:
        raise IsolationError(f"--isolation {floor}: no such level; there are {', '.join(names)}")


def choose(floor: str | None, levels: Sequence[Level] = BUILT_IN) -> Level:
    """The strongest level of this machine that is at least ``floor``; ``inprocess`` only if it is named.

    Args:
        floor: name of the weakest level to accept, or None.
        levels: to choose from.

    Raises:
        IsolationError: if there is none; never a weaker one in its place.
    """
    refuse_unknown(floor, levels)
    by_name = {level.name: level for level in levels}
    if floor == INPROCESS.name:
        return INPROCESS
    least = by_name[floor].rank if floor else INPROCESS.rank + 1
    reasons = []
    for level in sorted(levels, key=lambda level: -level.rank):
        if level.rank < least:
            continue
        reason = level.probe()
        if reason is None:
            return level
        reasons.append(f"{level.name} {reason}")
    raise IsolationError(f"this machine cannot isolate at the level that is asked for: {'; '.join(reasons)}")
