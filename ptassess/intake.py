"""A candidate's folder, read once and through descriptors: what was looked at is what is read.

Every folder and file is opened below the one before it, without following links and without waiting for anybody, and
only then asked what it is. So nothing that is swapped in meanwhile is of use.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptassess.errors import SubmissionError
from ptassess.filenames import Twins, objection, why_left_out
from ptassess.sandbox.cleaning import in_full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_FILES = (
    2_000  # and folders; a kit's solutions are some dozens of files; more is a virtual environment or a data set
)
MAX_BYTES = 64 * 2**20  # generous for code with a few small assets

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of a folder.

    Args:
        name: path inside the folder, with forward slashes; of what is left out, with escapes for what would be hidden.
        fd: descriptor of a regular file, valid until the next item; -1 if it is left out.
        size: in bytes.
        reason: why it is left out; empty if it is taken.
    """

    name: str
    fd: int = -1
    size: int = 0
    reason: str = ""

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            SubmissionError: if it changes meanwhile.
        """
        content = bytearray()
        while len(content) <= self.size and (data := os.read(self.fd, min(_CHUNK, self.size + 1 - len(content)))):
            content += data
        if len(content) != self.size:
            raise SubmissionError(f"{self.name}: it changed while it was read; hand in files that stand still")
        return bytes(content)


def walk(folder: Path) -> Iterator[Item]:
    """What a folder holds: of each level first the files, then the folders, sorted; caches of Python's are passed by.

    Args:
        folder: ``solutions``.

    Raises:
        SubmissionError: in one line, if it is a link or no folder, for more than 2,000 files and folders or 64 MiB,
            for folders nested too deep, for names that are too long, not UTF-8, or differ in case only.
    """
    try:
        root = os.open(folder, _FOLDER)
    except OSError as error:
        why = "a link; put the folder itself there" if folder.is_symlink() else f"cannot be read ({error.strerror})"
        raise SubmissionError(f"{folder}: {why}") from None
    with _closing(root):
        yield from _Walk(folder).below(root, "")


class _Walk:
    """One walk, with what it has seen so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room = MAX_FILES
        self._bytes = 0
        self._twins = Twins()

    def below(self, fd: int, inside: str) -> Iterator[Item]:
        """The items of an open folder.

        Args:
            fd: of the folder.
            inside: its path, with a slash at its end; empty for the first.
        """
        folders = []
        for child in sorted(self._listed(fd)):
            name = inside + child
            try:
                kind = os.stat(child, dir_fd=fd, follow_symlinks=False).st_mode
            except OSError as error:
                yield Item(name=in_full(name), reason=self._unreadable(name, error))
                continue
            if stat.S_ISDIR(kind) and child == "__pycache__":
                continue
            self._check(name)
            if reason := _why_left_out(name, kind):
                yield Item(name=in_full(name), reason=reason)
            elif stat.S_ISDIR(kind):
                folders.append(child)
            else:
                yield from self._file(fd, child, name)
        for child in folders:
            name = inside + child
            try:
                below = os.open(child, _FOLDER, dir_fd=fd)
            except OSError as error:
                yield Item(name=name, reason=self._unreadable(name, error))
                continue
            with _closing(below):
                yield from self.below(below, f"{name}/")

    def _listed(self, fd: int) -> list[str]:
        """Names in a folder; one with millions of them is given up early."""
        names = []
        with os.scandir(fd) as entries:
            for entry in entries:
                self._room -= 1
                if self._room < 0:
                    raise self._too_much()
                names.append(entry.name)
        return names

    def _check(self, name: str) -> None:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise SubmissionError(f"{name!a}: a file name that is not UTF-8; rename it") from None
        if wrong := objection(name):
            raise SubmissionError(f"{self._folder}: {wrong}; leave only what the tasks ask for")
        if twin := self._twins.of(name):
            raise SubmissionError(
                f"{self._folder}: {in_full(twin)} and {in_full(name)} differ in case only, which some file systems "
                "cannot keep apart; rename one"
            )

    def _file(self, fd: int, child: str, name: str) -> Iterator[Item]:
        try:
            opened = os.open(child, _FILE, dir_fd=fd)
        except OSError as error:
            yield Item(name=name, reason=self._unreadable(name, error))
            return
        with _closing(opened):
            found = os.fstat(opened)
            if not stat.S_ISREG(found.st_mode):
                yield Item(name=name, reason=_kind(found.st_mode))
            elif found.st_nlink > 1:
                yield Item(name=name, reason="a hard link: the file has another name as well")
            else:
                self._bytes += found.st_size
                if self._bytes > MAX_BYTES:
                    raise self._too_much()
                yield Item(name=name, fd=opened, size=found.st_size)

    def _unreadable(self, name: str, error: OSError) -> str:
        if error.errno == errno.ENOENT:
            raise SubmissionError(
                f"{self._folder}: {name!a} vanished while it was read; hand in files that stand still"
            )
        return "a link" if error.errno == errno.ELOOP else f"cannot be read ({error.strerror})"

    def _too_much(self) -> SubmissionError:
        return SubmissionError(
            f"{self._folder}: more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; leave only what the tasks ask for"
        )


def _why_left_out(name: str, kind: int) -> str | None:
    if in_full(name, len(name)) != name:
        return "a name with characters that cannot be seen"
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return _kind(kind)
    return why_left_out(name)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "not a regular file")


@contextlib.contextmanager
def _closing(fd: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(fd)
