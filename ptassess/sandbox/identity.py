"""Whose rights a worker has: where the judge is root, those of a user that owns nothing.

Root's files, processes and limits do not bind root. So each worker of a root judge becomes another user, one of a range
that nobody has, and keeps one capability: to read what modes would deny it, since root's own installation and a
submission in root's home are readable for nobody else. Which files these are is Landlock's to say.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
from pathlib import Path

_FIRST, _COUNT = 60_000, 5_000
"""Debian policy, 9.2.2: users 60000 to 64999 are given out for few packages, and never to people or by ``adduser``.
Where somebody has one of them all the same, a worker could signal their processes and no more."""

# linux/capability.h, linux/prctl.h, linux/securebits.h
_CAP_DAC_READ_SEARCH = 2
_VERSION_3 = 0x2008_0522
_PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT = 4, 8, 47
_AMBIENT_RAISE = 2
_CAPSET = {"x86_64": 126, "aarch64": 91}
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108


def ranges(which: str = "uid") -> list[tuple[int, int]]:
    """The users, or groups, that there are in this namespace: the first of each range, and how many.

    Args:
        which: ``uid`` or ``gid``.
    """
    lines = Path(f"/proc/self/{which}_map").read_text(encoding="ascii").split("\n")
    return [(int(first), int(count)) for first, _, count in (line.split() for line in lines if line)]


def for_worker(number: int) -> int | None:
    """The user that a worker becomes; None if it stays who the judge is.

    Args:
        number: of the worker, counted by its judge.
    """
    if os.geteuid() != 0 or platform.machine() not in _CAPSET:
        return None
    user = _FIRST + (31 * os.getpid() + number) % _COUNT  # other judges' workers are others, most of the time
    for which in ("uid", "gid"):
        # In a container whose root is an ordinary user outside, there may be no more users than that one.
        if not any(first <= user < first + count for first, count in ranges(which)):
            return None
    return user


def give(folder: Path, user: int) -> None:
    """Make all that lies in a folder a worker's own.

    Args:
        folder: of the worker.
        user: as of ``for_worker``.
    """
    for place, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(Path(place, name), user, user, follow_symlinks=False)


def become(user: int | None) -> None:
    """Be that user from now on, with the one capability.

    Args:
        user: as of ``for_worker``; None to stay who one is.

    Raises:
        OSError: if the kernel refuses.
    """
    if user is None:
        keep(1 << _CAP_DAC_READ_SEARCH if os.geteuid() == 0 else 0)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(PermissionError):  # in a namespace that does not let groups be set, there are none
        os.setgroups([])
    os.setresgid(user, user, user)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setresuid(user, user, user)
    keep(1 << _CAP_DAC_READ_SEARCH)
    libc.prctl(_PR_CAP_AMBIENT, _AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)  # for the programs that it starts
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # else its own /proc/self is closed to it


def keep(capabilities: int = 0) -> None:
    """Give up all capabilities but some; with NO_NEW_PRIVS, for good.

    Args:
        capabilities: one bit each.

    Raises:
        OSError: if the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    head = struct.pack("=Ii", _VERSION_3, 0)
    halves = [capabilities & 0xFFFF_FFFF, capabilities >> 32]
    data = b"".join(struct.pack("=III", half, half, half) for half in halves)  # effective, permitted, inheritable
    if libc.syscall(_CAPSET[platform.machine()], head, data):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def sweep(user: int) -> None:
    """Remove what a user has left in the memory that all share.

    Args:
        user: as of ``for_worker``.
    """
    with contextlib.suppress(OSError):
        for path in _SHARED_MEMORY.iterdir():
            with contextlib.suppress(OSError):
                if path.lstat().st_uid == user:
                    path.unlink()
