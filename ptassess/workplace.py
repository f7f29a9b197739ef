"""Where a batch is graded: one grader at a time, and nothing of a killed one is left running or lying about."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess import store
from ptassess.errors import UserError
from ptassess.sandbox import folders, processes

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTEMPT = ".attempt-"
"""Begins the name of a folder beside a result in which a judge makes it."""
_LOCK = ".lock"
_GRACE = 3.0  # seconds; a supervisor notices its judge's end at once, one that still imports torch when it has done so
_ROOM_FOR_A_RESULT = 1 << 20  # bytes: run file, page and log of a small exam; of a large one they are some megabytes


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Be the only grader that writes to a folder; whatever way this process ends, the next one can.

    Args:
        out: the folder.

    Raises:
        UserError: if another one does.
    """
    path = out / _LOCK
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.read(lock, 32).decode(errors="replace").strip()
            os.close(lock)
            raise UserError(
                f"{out}: another `ptassess grade` (process {pid or 'unknown'}) writes there; wait for its end, or name "
                "another folder with --out"
            ) from None
        with contextlib.suppress(OSError):
            if os.fstat(lock).st_ino == path.stat().st_ino:
                break
        os.close(lock)  # the one before us has removed it meanwhile
    try:
        with contextlib.suppress(OSError):  # a full disk: the process is then unknown
            os.truncate(lock, 0)
            os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def is_held(out: Path) -> bool:
    """Whether a grader is at work on a folder.

    Args:
        out: the folder.
    """
    try:
        with (out / _LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def room_prefix(out: Path) -> str:
    """How the names of the folders begin that judges of a batch work in.

    Args:
        out: the folder of the batch's results, resolved.
    """
    return f"ptassess-{hashlib.sha256(os.fsencode(out)).hexdigest()[:8]}-"


def sweep(out: Path) -> None:
    """End what judges of earlier starts have left running, and remove what they were making.

    Only the grader that is alone may do so. A judge that should still be at work elsewhere has lost its attempt.

    Args:
        out: the folder of the batch's results, resolved.
    """
    rooms = Path(tempfile.gettempdir()) / room_prefix(out)
    processes.end_carrying(str(rooms), _GRACE)
    for room in rooms.parent.glob(f"{rooms.name}*"):
        with contextlib.suppress(OSError):
            if not room.is_symlink() and room.stat().st_uid == os.getuid():
                folders.remove(room)
    for attempt in out.glob(f"*/{ATTEMPT}*"):
        folders.remove(attempt)
    for part in [*out.glob(f".*{store.PART}"), *out.glob(f"*/.*{store.PART}")]:
        with contextlib.suppress(OSError):
            part.unlink()


def end_processes(room: Path) -> None:
    """End what a judge has left running.

    Args:
        room: that it worked in.
    """
    processes.end_carrying(str(room), _GRACE)


def obstacle(out: Path) -> str:
    """Why no result can be made now, in one line; empty if it can.

    Args:
        out: the folder of the results.
    """
    for folder in (out, Path(tempfile.gettempdir())):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(_ROOM_FOR_A_RESULT))
                file.flush()
        except OSError as error:
            return f"{folder}: cannot write there ({error.strerror})"
    return ""
