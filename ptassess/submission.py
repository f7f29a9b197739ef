"""A candidate's folder, seen as data: which file answers which challenge."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ptassess.errors import SubmissionError
from ptassess.result import SubmissionFacts

MAX_FILES = 2_000  # a kit's solutions are some dozens of files; more is a virtual environment or a data set
MAX_BYTES = 64 * 2**20  # generous for code with a few small assets


@dataclass(frozen=True)
class Submission:
    """One candidate's answers.

    Args:
        root: the folder that was named.
        solutions: the folder that holds ``<slug>.py``, ``<slug>/__init__.py`` and ``<slug>.quiz.toml``.
    """

    root: Path
    solutions: Path

    @classmethod
    def open(cls, path: Path) -> Submission:
        """Find the answers in a folder.

        Args:
            path: a kit, or its ``solutions`` folder.

        Raises:
            SubmissionError: if nothing is there, with what to type.
        """
        if not path.exists():
            raise SubmissionError(f"{path}: no such submission; name the folder that holds solutions/")
        if not path.is_dir():
            raise SubmissionError(f"{path}: a submission is a folder that holds solutions/, not a single file")
        solutions = path / "solutions"
        if not solutions.is_dir():
            if path.name == "solutions":
                solutions = path
            else:
                raise SubmissionError(
                    f"{path}: no folder solutions/ in it; `ptassess start` makes a folder with the right layout"
                )
        submission = cls(path, solutions)
        if not submission.files():
            raise SubmissionError(f"{solutions}: the folder is empty; put <challenge>.py files there")
        return submission

    def solution(self, slug: str) -> Path | None:
        """The file to import for a challenge, ``<slug>.py`` or ``<slug>/__init__.py``; None if neither is there.

        Args:
            slug: of the challenge.

        Raises:
            SubmissionError: if both are there, or one is a link.
        """
        found = [
            path for path in (self.solutions / f"{slug}.py", self.solutions / slug / "__init__.py") if path.is_file()
        ]
        if len(found) > 1:
            raise SubmissionError(f"{self.solutions}: both {slug}.py and {slug}/ are there; remove one")
        for path in found:
            if path.is_symlink() or path.parent.is_symlink():
                raise SubmissionError(f"{path}: a link; put the file itself there")
        return found[0] if found else None

    def quiz(self, slug: str) -> Path | None:
        """The answers to a challenge's quiz, or None.

        Args:
            slug: of the challenge.
        """
        path = self.solutions / f"{slug}.quiz.toml"
        return path if path.is_file() and not path.is_symlink() else None

    def files(self) -> list[Path]:
        """Every regular file below ``solutions``, sorted; links and the like are left out.

        Raises:
            SubmissionError: if there are more than 2,000, or more than 64 MiB of them, or a name is not UTF-8.
        """
        return self._walk()[0]

    def _walk(self) -> tuple[list[Path], dict[str, str]]:
        """The files, and what was left out, with the reason."""
        found: list[Path] = []
        ignored: dict[str, str] = {}
        size = 0
        for folder_name, folders, names in os.walk(self.solutions):  # Path.walk came with Python 3.12
            folder = Path(folder_name)
            links = [name for name in folders if (folder / name).is_symlink()]
            folders[:] = sorted(name for name in folders if name != "__pycache__" and name not in links)
            for name in sorted(names) + links:
                path = folder / name
                try:
                    inside = path.relative_to(self.solutions).as_posix().encode().decode()
                except UnicodeEncodeError:
                    raise SubmissionError(f"{path!a}: a file name that is not UTF-8; rename it") from None
                if path.is_symlink() or not path.is_file():
                    ignored[inside] = "a link" if path.is_symlink() else "not a regular file"
                    continue
                found.append(path)
                size += path.stat().st_size
                if len(found) > MAX_FILES or size > MAX_BYTES:
                    raise SubmissionError(
                        f"{self.solutions}: more than {MAX_FILES} files or {MAX_BYTES // 2**20} MiB; "
                        "leave only what the tasks ask for"
                    )
        return found, ignored

    def facts(self) -> SubmissionFacts:
        """Sizes and one digest over names and contents."""
        digest = hashlib.sha256()
        sizes = {}
        files, ignored = self._walk()
        for path in files:
            name = path.relative_to(self.solutions).as_posix()
            content = path.read_bytes()
            sizes[name] = len(content)
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return SubmissionFacts(name=self.root.name, digest=digest.hexdigest(), files=sizes, ignored=ignored)
