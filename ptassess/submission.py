"""A candidate's folder, seen as data: which file answers which challenge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess import intake
from ptassess.errors import SubmissionError
from ptassess.result import SubmissionFacts
from ptassess.sandbox.cleaning import in_full

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOLD = 3  # of the files that were left out, where there is room for some


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
        items = list(intake.walk(solutions))
        if all(item.reason for item in items):
            told = left_out({item.name: item.reason for item in items})
            why = f"nothing in it can be taken ({told})" if items else "the folder is empty"
            raise SubmissionError(f"{solutions}: {why}; put <challenge>.py files there")
        return cls(path, solutions)

    def solution(self, slug: str, ignored: Mapping[str, str] | None = None) -> Path | None:
        """The file to import for a challenge, ``<slug>.py`` or ``<slug>/__init__.py``; None if neither is there.

        Args:
            slug: of the challenge.
            ignored: what was left out of the submission, with the reasons; None to look.

        Raises:
            SubmissionError: if both are there, or one was left out.
        """
        names = (f"{slug}.py", f"{slug}/__init__.py")
        self._refuse((slug, *names), ignored)
        found = [self.solutions / name for name in names if (self.solutions / name).is_file()]
        if len(found) > 1:
            raise SubmissionError(f"{self.solutions}: both {slug}.py and {slug}/ are there; remove one")
        return found[0] if found else None

    def quiz(self, slug: str, ignored: Mapping[str, str] | None = None) -> Path | None:
        """The answers to a challenge's quiz, or None.

        Args:
            slug: of the challenge.
            ignored: what was left out of the submission, with the reasons; None to look.

        Raises:
            SubmissionError: if they were left out.
        """
        name = f"{slug}.quiz.toml"
        self._refuse((name,), ignored)
        path = self.solutions / name
        return path if path.is_file() else None

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Names inside ``solutions`` and contents of the files that are taken.

        Raises:
            SubmissionError: as ``intake.walk``.
        """
        for item in intake.walk(self.solutions):
            if not item.reason:
                yield item.name, item.read()

    def facts(self, *, copy: Path | None = None) -> SubmissionFacts:
        """Sizes and one digest over names and contents, and what was left out.

        Args:
            copy: a folder that does not exist yet; the bytes that the digest covers are written to it.

        Raises:
            SubmissionError: as ``intake.walk``.
        """
        digest = hashlib.sha256()
        sizes, ignored = {}, {}
        for item in intake.walk(self.solutions):
            if item.reason:
                ignored[item.name] = item.reason
                continue
            content = item.read()
            sizes[item.name] = len(content)
            digest.update(f"{item.name}\0{len(content)}\0".encode() + content)
            if copy is not None:
                (copy / item.name).parent.mkdir(parents=True, exist_ok=True)
                (copy / item.name).write_bytes(content)
        return SubmissionFacts(name=in_full(self.root.name), digest=digest.hexdigest(), files=sizes, ignored=ignored)

    def _refuse(self, names: tuple[str, ...], ignored: Mapping[str, str] | None) -> None:
        """An answer that is there and was left out is no answer that is missing."""
        left = ignored if ignored is not None else self.facts().ignored
        for name in names:
            if name in left:
                raise SubmissionError(f"solutions/{name}: {left[name]}; put the file itself there")


def left_out(ignored: Mapping[str, str]) -> str:
    """What was left out of a submission, in one line.

    Args:
        ignored: reasons by name.
    """
    told = "; ".join(f"{name}: {reason}" for name, reason in list(ignored.items())[:_TOLD])
    more = len(ignored) - _TOLD
    return f"{told}; and {more} more" if more > 0 else told
