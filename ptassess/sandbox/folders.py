"""Folders that candidates' code may have written to, and their end."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 60.0  # for millions of files


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
