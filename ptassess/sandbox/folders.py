"""Folders that candidates' code may write to: their beginning and their end."""

from __future__ import annotations

import contextlib
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
    with contextlib.suppress(Exception):  # thousands of folders in each other end Python 3.11's in a RecursionError
        shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    # What is left is too deep, or its maker has taken away the right to look into it. Neither command follows a link.
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([*command, "--", str(folder)], timeout=_SECONDS, check=False, capture_output=True)  # noqa: S603
