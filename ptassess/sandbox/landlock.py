"""Landlock: what the kernel lets a process, and all that it starts, do no more. Linux 5.13 or newer.

See landlock(7). A process that has given something up can look into the memory and the open files of none but those
that it has started itself, and since Linux 6.12 signal no others either.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The numbers are the same on every architecture: include/uapi/asm-generic/unistd.h.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # flag of landlock_create_ruleset
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h

# include/uapi/linux/landlock.h; the last three came with versions 2, 3 and 5.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_IN_FOLDERS = sum(1 << bit for bit in range(4, 13))  # remove and make entries of every kind
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV  # what a rule for a file may name
_TCP = 1 << 0 | 1 << 1  # bind and connect; came with version 4
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1  # what a process may reach; came with version 6
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
_SOURCES = ("/dev/random", "/dev/urandom")


def version() -> int:
    """The kernel's version of Landlock; 0 if it has none, or does not let us."""
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)))


def write_only_below(folder: str) -> bool:
    """Give up writing anywhere else, for good.

    Reading stays free, and so does what has no path: pipes, sockets, memory.

    Args:
        folder: below which it stays allowed.

    Returns:
        False where the kernel has no Landlock; nothing has changed then.

    Raises:
        OSError: if the kernel refuses.
    """
    found = version()
    handled = _WRITE_FILE | _IN_FOLDERS | (_REFER if found >= 2 else 0) | (_TRUNCATE if found >= 3 else 0)
    devices = (*_DEVICES, *map(str, Path("/dev").glob("nvidia*")))
    return _give_up(handled, {folder: handled} | dict.fromkeys(devices, handled & (_WRITE_FILE | _TRUNCATE)))


def stand_apart() -> bool:
    """Give up looking into other processes, for good, and nothing else that anybody needs.

    Returns:
        False where the kernel has no Landlock; nothing has changed then.

    Raises:
        OSError: if the kernel refuses.
    """
    return _give_up(_MAKE_BLOCK, {})  # something has to be given up: making devices is what only root could do


def keep_to(*, reading: Iterable[str], writing: Iterable[str], listing: Iterable[str] = (), tcp: bool = False) -> bool:
    """Give up all files and folders but some, for good; also to reach sockets without a path of other processes.

    What the kernel is too old for stays possible: to cut files short before 6.2, TCP before 6.7, to ask devices for
    things before 6.10, other processes' signals and sockets before 6.12. Nor does it see sockets that have a path.

    Args:
        reading: files and folders, with all that is below, to read and to execute. What is not there is passed over.
        writing: folders in which all can be done but to make devices.
        listing: folders whose names can be listed, with those of all that is below.
        tcp: whether TCP stays allowed.

    Returns:
        False where the kernel has no Landlock; nothing has changed then.

    Raises:
        OSError: if the kernel refuses.
    """
    found = version()
    look = _EXECUTE | _READ_FILE | _READ_DIR
    handled = look | _WRITE_FILE | _IN_FOLDERS
    for bit, since in ((_REFER, 2), (_TRUNCATE, 3), (_IOCTL_DEV, 5)):
        handled |= bit if found >= since else 0
    use = handled & (_READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV)
    allowed = dict.fromkeys(_SOURCES, _READ_FILE)
    allowed |= dict.fromkeys((*_DEVICES, *map(str, Path("/dev").glob("nvidia*"))), use)
    allowed |= dict.fromkeys(listing, _READ_DIR)
    allowed |= {path: look if Path(path).is_dir() else look & _OF_FILES for path in reading}
    allowed |= dict.fromkeys(writing, handled & ~(_MAKE_CHAR | _MAKE_BLOCK))
    return _give_up(handled, allowed, ports=0 if tcp else _TCP, reached=_ABSTRACT_SOCKETS | _SIGNALS)


def _give_up(handled: int, allowed: Mapping[str, int], *, ports: int = 0, reached: int = _SIGNALS) -> bool:
    """Give up some kinds of access, except below some paths."""
    found = version()
    if not found:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    parts = 1 + (found >= 4) + (found >= 6)
    attributes = struct.pack("=QQQ", handled, ports, reached)[: 8 * parts]
    rules = _must(libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
    try:
        for path, access in allowed.items():
            with contextlib.suppress(FileNotFoundError):
                _allow(libc, rules, path, access)
        _must(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _must(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(libc: ctypes.CDLL, rules: int, path: str, access: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _must(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, fd), 0))
    finally:
        os.close(fd)


def _must(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
