"""A socket that has a path: how a supervisor that can inherit no descriptor is connected to its judge. See unix(7).

A path is there for whoever may write to it. So it is there until one process has connected, which is before there is
any worker, and lies in a folder that nobody else can enter.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "door"
_LOOK_SECONDS = 0.1  # between two looks whether somebody may still come


class Door:
    """The judge's side: lets one process in.

    Args:
        folder: in which the socket is.
        user: whose it is; None for this process' own.
    """

    def __init__(self, folder: str, user: int | None = None) -> None:
        self._path = Path(folder, NAME)
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # A socket's path has room for 107 bytes, a temporary folder's has more.
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._listener.bind(f"/proc/self/fd/{place}/{NAME}")
        finally:
            os.close(place)
        self._path.chmod(0o600)
        if user is not None:
            os.chown(self._path, user, user)
        self._listener.listen(1)

    def wait(self, seconds: float, expected: Callable[[], bool]) -> socket.socket:
        """The connection; the door is gone then.

        Args:
            seconds: most that this may take.
            expected: whether somebody may still come.

        Raises:
            TimeoutError: if nobody has come.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and expected():
            self._listener.settimeout(min(left, _LOOK_SECONDS))
            try:
                found, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.close()
            return found
        raise TimeoutError("nobody has connected")

    def close(self) -> None:
        """Let nobody in any more."""
        self._listener.close()
        self._path.unlink(missing_ok=True)


def enter(folder: str) -> socket.socket:
    """The supervisor's side: connect.

    Args:
        folder: of the ``Door``; the working folder is ``/`` afterwards.

    Raises:
        OSError: if the judge is gone.
    """
    os.chdir(folder)  # for the path's length, as above
    found = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        found.connect(NAME)
    except OSError:
        found.close()
        raise
    finally:
        os.chdir("/")
    return found
