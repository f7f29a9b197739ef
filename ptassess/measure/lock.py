"""One lock a machine, so that a check next door cannot disturb a race: many may share it, a race has it alone.

Two files, since one is unfair: behind three sharers that come and go, a request for a plain exclusive ``flock`` waited
9.8 of 10 seconds. Whoever wants the lock first passes a turnstile; a race keeps that closed while it waits for those
inside to leave, and nobody new gets in.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class DeviceLock:
    """The lock of this user on this machine.

    Args:
        folder: where its files lie; by default the one for temporary files, in a folder of the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or Path(tempfile.gettempdir()) / f"ptassess-{os.getuid()}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._room = folder / "device.lock"
        self._turnstile = folder / "device.turnstile"

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Work beside others of the kind; waits while a race is on or wants to be."""
        with _open(self._room) as room:
            with _open(self._turnstile) as turnstile:
                fcntl.flock(turnstile, fcntl.LOCK_SH)
                fcntl.flock(room, fcntl.LOCK_SH)
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one; waits until those inside have left, and lets nobody new in meanwhile."""
        with _open(self._turnstile) as turnstile, _open(self._room) as room:
            fcntl.flock(turnstile, fcntl.LOCK_EX)
            fcntl.flock(room, fcntl.LOCK_EX)
            yield


@contextmanager
def _open(path: Path) -> Iterator[int]:
    # Closing gives the lock back, also when the process ends in whatever way.
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)
