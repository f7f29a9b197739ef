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
    from collections.abc import Mapping

# The numbers are the same on every architecture: include/uapi/asm-generic/unistd.h.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # flag of landlock_create_ruleset
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h

# include/uapi/linux/landlock.h; the last two came with versions 2 and 3.
_WRITE_FILE, _REFER, _TRUNCATE = 1 << 1, 1 << 13, 1 << 14
_IN_FOLDERS = sum(1 << bit for bit in range(4, 13))  # remove and make entries of every kind
_MAKE_BLOCK = 1 << 11
_SIGNALS = 1 << 1  # what a process may reach; came with version 6
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


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


def _give_up(handled: int, allowed: Mapping[str, int]) -> bool:
    """Give up some kinds of access, except below some paths."""
    found = version()
    if not found:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("=Q", handled) if found < 6 else struct.pack("=QQQ", handled, 0, _SIGNALS)
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
