"""Whose rights a worker has: where the judge is root, those of a user that owns nothing.

Root's files, processes and limits do not bind root. So each worker of a root judge becomes another user, one of a range
that nobody has, and keeps one capability: to read what modes would deny it, since root's own installation and a
submission in root's home are readable for nobody else. Which files these are is Landlock's to say.

A container's root may lack what all this takes. Its workers stay who they are, then, without any capability.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import stat
import struct
from functools import lru_cache
from pathlib import Path

from ptassess.sandbox import folders

_FIRST, _COUNT = 60_000, 5_000
"""Debian policy, 9.2.2: users 60000 to 64999 are given out for few packages, and never to people or by ``adduser``.
Where somebody has one of them all the same, a worker could signal their processes and no more."""

_BLOCK = 500
"""So many of them are one judge's: more than it has workers between the first and the last moment of any of them."""
_RESERVED = Path("/run/ptassess-users")  # root's alone; locked files in there say whose blocks are taken

# linux/capability.h, linux/prctl.h, linux/securebits.h
_CAP_DAC_READ_SEARCH = 2
_NEEDED = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 19
"""CAP_CHOWN, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SYS_PTRACE: to give folders to other users, become them, end them,
and read their results."""
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
    if os.geteuid() != 0 or platform.machine() not in _CAPSET or _NEEDED & ~_permitted():
        return None
    user = _first_of(os.getpid()) + number % _BLOCK
    for which in ("uid", "gid"):
        # In a container whose root is an ordinary user outside, there may be no more users than that one.
        if not any(first <= user < first + count for first, count in ranges(which)):
            return None
    return user


@lru_cache(maxsize=1)
def _first_of(judge: int) -> int:
    """The first of the users of this judge's workers, which no other judge of this machine has while this one lives.

    Where that cannot be arranged, others have them as seldom as chance will have it.
    """
    blocks = _COUNT // _BLOCK
    with contextlib.suppress(OSError):
        _RESERVED.mkdir(mode=0o700, exist_ok=True)
        for place in range(blocks):
            block = (judge + place) % blocks
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(_RESERVED / str(block), flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return _FIRST + _BLOCK * block  # the kernel lets go of it when this process ends, in whatever way
    return _FIRST + 31 * judge % (_COUNT - _BLOCK)


def give(folder: Path, user: int) -> None:
    """Make all that lies in a folder a worker's own.

    Args:
        folder: of the worker.
        user: as of ``for_worker``.
    """
    for place, inside, files in os.walk(folder):
        for name in (".", *inside, *files):
            os.chown(Path(place, name), user, user, follow_symlinks=False)


def become(user: int | None) -> None:
    """Be that user from now on, with the one capability.

    Args:
        user: as of ``for_worker``; None to stay who one is.

    Raises:
        OSError: if the kernel refuses.
    """
    reading = _permitted() & 1 << _CAP_DAC_READ_SEARCH
    if user is None:
        keep(reading if os.geteuid() == 0 else 0)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(PermissionError):  # in a namespace that does not let groups be set, there are none
        os.setgroups([])
    os.setresgid(user, user, user)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setresuid(user, user, user)
    keep(reading)
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


def _permitted() -> int:
    """The capabilities that this process may have, one bit each: proc(5)."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("CapPrm:")[2].split()[0], 16)


def sweep(user: int, *, alone: bool = False) -> None:
    """Remove what a user has left in the memory that all share; its processes have ended.

    Args:
        user: as of ``for_worker``.
        alone: whether nobody else can work in there.
    """
    with contextlib.suppress(OSError):
        for path in _SHARED_MEMORY.iterdir():
            with contextlib.suppress(OSError):
                found = path.lstat()
                if found.st_uid != user:
                    continue
                if stat.S_ISDIR(found.st_mode):
                    folders.remove(path, alone=alone)
                else:
                    path.unlink()


def shared_memory_kb() -> int:
    """What lies in the files of ``/dev/shm``, which count for no process unless it has them mapped, in KiB."""
    try:
        found = os.statvfs(_SHARED_MEMORY)
    except OSError:  # there is none
        return 0
    return (found.f_blocks - found.f_bfree) * found.f_frsize // 1024
