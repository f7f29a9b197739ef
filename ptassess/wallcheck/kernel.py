"""Objects of the kernel's that have no place among the files: System V and POSIX queues and memory, keys."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
# add_key(2) and keyctl(2) on x86_64 and on aarch64: asm/unistd_64.h and asm-generic/unistd.h.
_ADD_KEY, _KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(platform.machine(), (-1, -1))
_USER_KEYRING = -4  # linux/keyctl.h, as all below
_SETPERM, _UNLINK, _SEARCH = 5, 9, 10
_ALL_BUT_OTHERS = 0x3F3F0000
_IPC_CREAT, _IPC_RMID = 0o1000, 0  # linux/ipc.h


def _must(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def share_memory(key: int, content: bytes) -> int:
    """Make a System V segment.

    Args:
        key: of the segment.
        content: of it.

    Returns:
        Its id.

    Raises:
        OSError: if the kernel refuses.
    """
    _libc.shmat.restype = ctypes.c_void_p
    number = _must(_libc.shmget(key, ctypes.c_size_t(4096), _IPC_CREAT | 0o600))
    place = _libc.shmat(number, None, 0)
    if place in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "shmat")
    ctypes.memmove(place, content, len(content))
    _libc.shmdt(ctypes.c_void_p(place))
    return number


def system_v(key: int) -> list[str]:
    """The System V objects of a key.

    Args:
        key: of theirs.
    """
    found = []
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text(encoding="ascii").splitlines()[1:]
            found += [f"{kind} {line.split()[1]}" for line in lines if int(line.split()[0]) == key]
    return found


def remove_system_v(key: int) -> None:
    """Remove the System V objects of a key.

    Args:
        key: of theirs.
    """
    for kind, number in (name.split() for name in system_v(key)):
        control = {"shm": _libc.shmctl, "msg": _libc.msgctl}.get(kind)
        if control:
            control(int(number), _IPC_RMID, None)
        else:
            _libc.semctl(int(number), 0, _IPC_RMID)


def open_queue(name: str, content: bytes | None) -> bool:
    """Open a POSIX message queue, or make one that holds a message.

    Args:
        name: with a slash in front.
        content: of the message; None to open one that is there.

    Returns:
        Whether it is there.
    """
    library = _libc if hasattr(_libc, "mq_open") else ctypes.CDLL("librt.so.1", use_errno=True)
    flags = os.O_RDWR | (0 if content is None else os.O_CREAT)
    queue = library.mq_open(name.encode(), flags, 0o600, None)
    if queue < 0:
        return False
    if content is not None:
        library.mq_send(queue, content, ctypes.c_size_t(len(content)), 0)
    os.close(queue)  # on Linux a queue's descriptor is a file's
    return True


def remove_queue(name: str) -> None:
    """Remove a POSIX message queue.

    Args:
        name: with a slash in front.
    """
    library = _libc if hasattr(_libc, "mq_unlink") else ctypes.CDLL("librt.so.1", use_errno=True)
    library.mq_unlink(name.encode())


def add_key(name: str, content: bytes) -> int:
    """Put a key into the user's keyring.

    Args:
        name: of the key.
        content: of the key.

    Returns:
        Its number.

    Raises:
        OSError: if the kernel refuses, as in most containers.
    """
    number = _must(_libc.syscall(_ADD_KEY, b"user", name.encode(), content, len(content), _USER_KEYRING))
    _libc.syscall(_KEYCTL, _SETPERM, number, _ALL_BUT_OTHERS)
    return number


def find_key(name: str) -> int | None:
    """The number of a key in the user's keyring.

    Args:
        name: of the key.
    """
    number = _libc.syscall(_KEYCTL, _SEARCH, _USER_KEYRING, b"user", name.encode(), 0)
    return number if number > 0 else None


def remove_key(name: str) -> None:
    """Take a key out of the user's keyring.

    Args:
        name: of the key.
    """
    if (number := find_key(name)) is not None:
        _libc.syscall(_KEYCTL, _UNLINK, number, _USER_KEYRING)
