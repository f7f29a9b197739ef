"""Process trees as the kernel shows them in ``/proc``: who descends from whom, what they hold, and their end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_KILL_SECONDS = 2.0
_PIPE_BYTES = 16 * os.sysconf("SC_PAGE_SIZE")  # pipe(7)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_CPU_CLOCK = 2  # CPUCLOCK_SCHED of linux/posix-timers.h, in the number of a process' clock: see clock_getcpuclockid(3)


def _default_bytes(direction: str) -> int:
    """What a socket may hold in one direction unless it asks for more: socket(7)."""
    try:
        with open(f"/proc/sys/net/core/{direction}_default", "rb") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 212_992  # as Linux sets it


SOCKET_BYTES = _default_bytes("wmem") + _default_bytes("rmem")
"""Most that waits in a socket."""


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


def pid_of(descriptor: int) -> int:
    """The number that a process has here; in another namespace it has another.

    Args:
        descriptor: of the process, as ``os.pidfd_open`` gives it.

    Returns:
        The number; one below 1 for a process that has been reaped, or that cannot be seen from here.
    """
    with open(f"/proc/self/fdinfo/{descriptor}", "rb") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(b"Pid:"))


def ancestors(pid: int) -> list[int]:
    """Parent, grandparent and so on, as far as this process can see.

    Args:
        pid: of the process.
    """
    found: list[int] = []
    while pid > 1:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b") ")[2].split()[1])
        except OSError:
            break
        found += [pid] if pid else []
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


def peak_kb(pid: int) -> int:
    """As ``private_kb``, the most that it ever was.

    The kernel keeps the peak of all resident memory only, so what is of files now is taken from that. Libraries' pages
    come and stay, which makes it less than the true peak by those that came later; a file that was mapped and let go
    counts.

    Args:
        pid: of the process.
    """
    found = {b"VmHWM": 0, b"RssAnon": 0, b"RssFile": 0, b"RssShmem": 0}
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file:
            name, _, rest = line.partition(b":")
            if name in found:
                found[name] = int(rest.split()[0])
    return max(found[b"RssAnon"] + found[b"RssShmem"], found[b"VmHWM"] - found[b"RssFile"])


def mapped_kb(pid: int, folder: Path) -> int:
    """Resident memory that is of files in a folder, in KiB. Costs milliseconds.

    Args:
        pid: of the process.
        folder: in which they lie.
    """
    total, counts = 0, False
    start = f" {folder.resolve()}/".encode()
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/smaps", "rb") as file:
        for line in file:
            if line.startswith(b"Rss:"):
                total += int(line.split()[1]) if counts else 0
            elif b"-" in line.partition(b" ")[0]:  # begins the next mapping: addresses, rights, …, path
                counts = start in line
    return total


def descriptors(pid: int) -> list[str]:
    """The open files of a process, as paths in ``/proc``.

    Args:
        pid: of the process; one that is gone has none.
    """
    try:
        return [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def shows_descriptors(pid: int) -> bool:
    """Whether this process may see which files another one has open; True of one that is gone.

    Args:
        pid: of the process.
    """
    try:
        os.listdir(f"/proc/{pid}/fd")
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def proportional_kb(pid: int) -> int:
    """As ``private_kb``, each page divided among the processes that share it. Costs milliseconds.

    Args:
        pid: of the process; for one that does not let us look so closely, such as one whose program nobody may read,
            ``private_kb``.
    """
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")))
    except (OSError, ValueError):
        return private_kb(pid)


def queues(pids: Iterable[int]) -> dict[str, int]:
    """The sockets and pipes that processes have open, and the most bytes that wait in each, which count for no process.

    Args:
        pids: of the processes; one that is gone has none.
    """
    found: dict[str, int] = {}
    for pid in pids:
        for place in descriptors(pid):
            with contextlib.suppress(OSError):
                name = os.readlink(place)
                if name.startswith("socket:"):
                    found[name] = SOCKET_BYTES
                elif name.startswith("pipe:"):
                    found[name] = _PIPE_BYTES
    return found


def sockets_of_network(pid: int) -> int:
    """How many sockets there are in a process' network, those included that nobody has open, or not yet.

    Args:
        pid: of the process; one that is gone has none.
    """
    # The tables of connections would say which, and take the kernel milliseconds to walk through.
    with contextlib.suppress(OSError, ValueError, StopIteration), open(f"/proc/{pid}/net/sockstat", "rb") as file:
        return int(next(line for line in file if line.startswith(b"sockets:")).split()[2])
    return 0


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


def stop_tree(pid: int) -> tuple[list[int], float]:
    """Stop a process and all that descend from it, parents first, and wait until they stand still.

    Args:
        pid: of the process.

    Returns:
        Those that were stopped, for ``resume``, and when the last one of them stood still, on the clock
        ``time.perf_counter``: looking for more of them takes no time of theirs.
    """
    known: list[int] = []
    still = time.perf_counter()
    fresh = [pid]
    while fresh:
        for member in fresh:
            _signal(member, signal.SIGSTOP)
        deadline = time.perf_counter() + _KILL_SECONDS
        while any(_runs(member) for member in fresh) and time.perf_counter() < deadline:
            pass
        still = time.perf_counter()
        known += fresh
        fresh = [member for member in descendants(pid) if member not in known]
    return known, still


def resume(pids: Iterable[int]) -> None:
    """Let stopped processes go on.

    Args:
        pids: of the processes.
    """
    for pid in pids:
        _signal(pid, signal.SIGCONT)


def stands_still(pid: int) -> bool:
    """Whether none of a process' threads goes on; they stop one after the other.

    Args:
        pid: of the process; one that is gone stands still.
    """
    return not any(_runs(f"{pid}/task/{thread}") for thread in threads_of(pid))


def is_dead(pid: int) -> bool:
    """Whether a process has ended.

    Args:
        pid: of the process.
    """
    return _state(pid) in b"ZX"


def _runs(pid: int | str) -> bool:
    """Whether a process, or a thread, exists and does not stand still."""
    return _state(pid) not in b"TtZX"


def _state(pid: int | str) -> bytes:
    """The letter of proc(5); ``X`` for what is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1]
    except OSError:
        return b"X"


def cpu_seconds(pids: Iterable[int]) -> dict[int, float]:
    """What processes have computed so far, the threads that have ended included; those that are gone are left out.

    The figure of a process that stands still does not move by a nanosecond.

    Args:
        pids: of the processes.
    """
    found: dict[int, float] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            found[pid] = time.clock_gettime(~pid << 3 | _CPU_CLOCK)
    return found


def scheduling(pid: int) -> tuple[int, ...]:
    """Policy, priority and cores of a process' first thread; nothing of one that is gone.

    Args:
        pid: of the process.
    """
    try:
        return os.sched_getscheduler(pid), os.getpriority(os.PRIO_PROCESS, pid), *sorted(os.sched_getaffinity(pid))
    except OSError:
        return ()


def end_children(pids: Iterable[int]) -> None:
    """Kill children of this process with their trees, and take their exit statuses.

    Args:
        pids: of the children.
    """
    for pid in pids:
        kill_tree(pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def die_with(parent: int) -> None:
    """End this process by SIGKILL when its parent ends, in whatever way; at once if that is gone already.

    The kernel minds the thread that has started this process: it has to wait for its end.

    Args:
        parent: process id of the parent.
    """
    if sys.platform == "linux":  # elsewhere nothing is graded with a wall
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # gone before the kernel was told
        os._exit(1)


def carrying(text: str) -> list[int]:
    """The processes in whose environment, as it was when they began, a text stands; never this one.

    What a process forks inherits it, and what is executed usually does.

    Args:
        text: such as the path of a folder that was made for them.
    """
    wanted = os.fsencode(text)
    found: list[int] = []
    if not os.path.isdir("/proc"):
        return found
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if wanted in file.read():
                    found.append(int(name))
    return found


def end_carrying(text: str, grace: float) -> None:
    """Wait until no process carries a text, and end those that still do.

    Args:
        text: see ``carrying``.
        grace: seconds that they have to end by themselves.
    """
    deadline = time.monotonic() + grace
    while (left := carrying(text)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in left:
        kill_tree(pid)
    deadline = time.monotonic() + _KILL_SECONDS
    while left and carrying(text) and time.monotonic() < deadline:
        time.sleep(0.02)


def become_subreaper() -> None:
    """Have orphans among this process' descendants become its children, instead of the first process'."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
