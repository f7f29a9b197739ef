"""The one file or folder that a worker was asked to write: looked at, counted and copied while the worker stands still.

What counts is the judge's own copy, which is all that a later worker gets. So nothing that a path can point to, and
nothing that a file can gain after it was counted, is of use.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess.errors import SolutionValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BYTES = 1 << 30
MOST_FILES = 1000
_BLOCK = 512  # bytes, of st_blocks: stat(2)
_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # no link is followed, and no fifo is waited for


def collect(scratch: Path, name: str, target: Path) -> int:
    """Copy an artefact, and count its bytes.

    A file counts with its size or with what it takes on the disk, whichever is more: neither a sparse file nor one with
    room behind its end is smaller than it looks. In a folder the names count as well.

    Args:
        scratch: the worker's folder.
        name: of the file or folder directly in it.
        target: where the copy goes; not there yet.

    Returns:
        Bytes.

    Raises:
        SolutionValue: if it is not there, or holds anything but files and folders of its own; one line says what.
    """
    counted = 0
    waiting = [Path(name)]
    seen = 0
    try:
        while waiting:
            place = waiting.pop()
            seen += 1
            if seen > MOST_FILES:
                raise SolutionValue(f"{name} holds more than {MOST_FILES} files")
            kind = os.lstat(scratch / place).st_mode
            if stat.S_ISDIR(kind):
                (target / place.relative_to(name)).mkdir()
                waiting += [place / child for child in os.listdir(scratch / place)]  # noqa: PTH208  names only
            else:
                counted += _copy(scratch / place, target / place.relative_to(name), place, MOST_BYTES - counted)
            counted += len(os.fsencode(place.name)) if place != Path(name) else 0
    except FileNotFoundError:
        raise SolutionValue(f"no {name} was written") from None
    except OSError as error:
        raise SolutionValue(f"{name} cannot be read: {error.strerror}") from None
    return counted


def put(files: Mapping[str, Path], scratch: Path) -> None:
    """Copy files and folders of the judge's into a worker's folder.

    Args:
        files: where they lie, by the name that they get.
        scratch: the worker's folder, in which nothing runs yet.
    """
    for name, source in files.items():
        if source.is_dir():
            shutil.copytree(source, scratch / name)
        else:
            shutil.copyfile(source, scratch / name)


def bytes_below(folder: Path) -> int:
    """What all files below a folder take on the disk; what cannot be looked at counts nothing.

    Args:
        folder: of a worker.
    """
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(Path(parent) / name).st_blocks * _BLOCK
    return total


def keep(names: Sequence[str], old: Path, new: Path) -> None:
    """Copy what a worker wrote into the folder of the one that follows it.

    It still runs: every part of a path is opened below the one before it and no link is followed, so that nothing which
    it swaps in meanwhile is of use. What is no regular file of its own is passed by.

    Args:
        names: paths of files in the old folder.
        old: the worker's folder.
        new: the folder of the worker to come, in which nothing runs yet.
    """
    for name in names:
        parts = Path(name).parts
        if not parts or Path(name).is_absolute() or ".." in parts:
            continue
        with contextlib.suppress(OSError, SolutionValue), contextlib.ExitStack() as opened:
            folder = os.open(old, _FOLDER)
            opened.callback(os.close, folder)
            for part in parts[:-1]:
                folder = os.open(part, _FOLDER, dir_fd=folder)
                opened.callback(os.close, folder)
            file = os.open(parts[-1], _FILE, dir_fd=folder)
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            _copy_open(file, new / name, Path(name), MOST_BYTES)


def _copy(source: Path, target: Path, name: Path, most: int) -> int:
    """Copy one file; gives what it counts."""
    kind = os.lstat(source).st_mode
    if stat.S_ISLNK(kind):
        raise SolutionValue(f"{name} is a symbolic link; write the bytes themselves")
    if not stat.S_ISREG(kind):
        raise SolutionValue(f"{name} is neither a file nor a folder")
    return _copy_open(os.open(source, _FILE), target, name, most)


def _copy_open(fd: int, target: Path, name: Path, most: int) -> int:
    """Copy an open file, and close it; gives what it counts."""
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise SolutionValue(f"{name} is neither a file nor a folder")
        if found.st_nlink > 1:
            raise SolutionValue(f"{name} is a hard link: its bytes have another name as well; write them once")
        counted = max(found.st_size, found.st_blocks * _BLOCK)
        if counted <= most:
            copied = 0
            with target.open("wb") as copy:
                while copied <= most and (data := file.read(_CHUNK)):
                    copied += copy.write(data)
            counted = max(counted, copied)
    if counted > most:
        raise SolutionValue(f"{name}: an artefact may have {MOST_BYTES >> 20} MiB at most")
    return counted
