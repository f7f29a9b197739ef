"""Process trees as the kernel shows them in ``/proc``: who descends from whom, what they hold, and their end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_KILL_SECONDS = 2.0
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def threads_of(pid: int) -> list[int]:
    """The threads of a process, by their numbers; none of one that is gone.

    Args:
        pid: of the process.
    """
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The living and the dead children of a process, of all its threads.

    Args:
        pid: of the process; one that is gone has none.
    """
    found: list[int] = []
    for thread in threads_of(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
            found += map(int, file.read().split())
    return found


def descendants(pid: int) -> list[int]:
    """Children, grandchildren and so on, parents first.

    Args:
        pid: of the process.
    """
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children(queue.pop())
        found += below
        queue += below
    return found


def private_kb(pid: int) -> int:
    """Resident memory that is not a file's: anonymous and shared, in KiB; 0 for a process that is gone.

    Args:
        pid: of the process.
    """
    total = 0
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file:
            if line.startswith((b"RssAnon:", b"RssShmem:")):
                total += int(line.split()[1])
    return total


def proportional_kb(pid: int) -> int:
    """As ``private_kb``, each page divided among the processes that share it. Costs milliseconds.

    Args:
        pid: of the process.
    """
    total = 0
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")):
                total += int(line.split()[1])
    return total


def kill_tree(pid: int) -> None:
    """Kill a process and all that descend from it; everything is stopped first, so that nothing can fork away.

    Args:
        pid: of the process.
    """
    known: set[int] = set()
    deadline = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < deadline:
        fresh = {pid, *descendants(pid)} - known
        if not fresh:
            break
        for member in fresh:
            _signal(member, signal.SIGSTOP)
        known |= fresh
    for member in known:
        _signal(member, signal.SIGKILL)


def stop_tree(pid: int) -> list[int]:
    """Stop a process and all that descend from it, and wait until they stand still.

    Args:
        pid: of the process.

    Returns:
        Those that were stopped, for ``resume``.
    """
    known: list[int] = [pid]
    _signal(pid, signal.SIGSTOP)
    while fresh := [member for member in descendants(pid) if member not in known]:
        for member in fresh:
            _signal(member, signal.SIGSTOP)
        known += fresh
    deadline = time.monotonic() + _KILL_SECONDS
    while any(_runs(member) for member in known) and time.monotonic() < deadline:
        pass
    return known


def resume(pids: Iterable[int]) -> None:
    """Let stopped processes go on.

    Args:
        pids: of the processes.
    """
    for pid in pids:
        _signal(pid, signal.SIGCONT)


def waited_and_ran(pid: int) -> tuple[float, float]:
    """Seconds that a process' first thread was ready and had no core, and seconds that its other threads ran.

    Args:
        pid: of the process.
    """
    waited = ran = 0.0
    for thread in threads_of(pid):
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
                running, waiting, _ = file.read().split()
            if thread == pid:
                waited = int(waiting) / 1e9
            else:
                ran += int(running) / 1e9
    return waited, ran


def _runs(pid: int) -> bool:
    """Whether a process exists and does not stand still."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return state not in b"TtZX"


def end_children(pids: Iterable[int]) -> None:
    """Kill children of this process with their trees, and take their exit statuses.

    Args:
        pids: of the children.
    """
    for pid in pids:
        kill_tree(pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def become_subreaper() -> None:
    """Have orphans among this process' descendants become its children, instead of the first process'."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
