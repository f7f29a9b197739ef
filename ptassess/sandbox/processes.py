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


def children(pid: int) -> list[int]:
    """The living and the dead children of a process, of all its threads.

    Args:
        pid: of the process; one that is gone has none.
    """
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
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
