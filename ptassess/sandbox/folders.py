"""Folders that candidates' code may write to: their beginning and their end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOM = "PTASSESS_ROOM"
"""Environment of a judge: the folder in which it makes its own. Whoever started it removes that with all that is in it,
also after a judge that was killed and could not."""
_SECONDS = 60.0  # for millions of files
_ALL_RIGHTS = 0o700
_ONLY_FOLDERS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def make() -> str:
    """A folder of mode 0700, among the temporary files or, if there is one, in this judge's room."""
    return tempfile.mkdtemp(prefix="ptassess-", dir=os.environ.get(ROOM))


def remove(folder: Path | str, *, alone: bool = True) -> None:
    """Remove a folder with all that is in it, whatever that is; what cannot be removed stays, and nothing is raised.

    Args:
        folder: to remove.
        alone: whether nobody works in it any more. Else nothing's mode is changed: a link could be put in its place.
    """
    _remove(folder)
    if not alone:
        return
    # What is left is in folders that a candidate let nobody read or change. They are ours: we may give us the rights.
    if Path(folder).is_dir() and not Path(folder).is_symlink():
        with contextlib.suppress(OSError):
            _open_all(folder)
        _remove(folder)


def _remove(folder: Path | str) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except Exception:  # noqa: BLE001  thousands of folders in each other end Python 3.11's in a RecursionError
        command = ["rm", "-rf", "--", str(folder)]  # walks by file descriptor, however deep
        try:
            subprocess.run(command, timeout=_SECONDS, check=False, capture_output=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return


def _open_all(folder: Path | str) -> None:
    """Take all rights to a folder and to those in it, from the top down, following no link.

    It holds one descriptor, however deep they lie in each other, and a path would be too long for the kernel.
    """
    os.chmod(folder, _ALL_RIGHTS)  # noqa: PTH101  it may be a string
    here = os.open(folder, _ONLY_FOLDERS)
    try:
        to_go = [_folders_in(here)]
        while to_go:
            way = ".."
            if to_go[-1]:
                way = to_go[-1].pop()
                os.chmod(way, _ALL_RIGHTS, dir_fd=here)
            there = os.open(way, _ONLY_FOLDERS, dir_fd=here)
            os.close(here)
            here = there
            if way == "..":
                to_go.pop()
            else:
                to_go.append(_folders_in(here))
    finally:
        os.close(here)


def _folders_in(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
