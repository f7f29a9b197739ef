"""Folders that candidates' code may write to: their beginning and their end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROOM = "PTASSESS_ROOM"
"""Environment of a judge: the folder in which it makes its own. Whoever started it removes that with all that is in it,
also after a judge that was killed and could not."""
_SECONDS = 60.0  # for millions of files


def make() -> str:
    """A folder of mode 0700, among the temporary files or, if there is one, in this judge's room."""
    return tempfile.mkdtemp(prefix="ptassess-", dir=os.environ.get(ROOM))


def remove(folder: Path | str) -> None:
    """Remove a folder with all that is in it, whatever that is; what cannot be removed stays, and nothing is raised.

    Args:
        folder: to remove.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except Exception:  # noqa: BLE001  thousands of folders in each other end Python 3.11's in a RecursionError
        command = ["rm", "-rf", "--", str(folder)]  # walks by file descriptor, however deep
        try:
            subprocess.run(command, timeout=_SECONDS, check=False, capture_output=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return
