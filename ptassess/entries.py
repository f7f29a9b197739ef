"""Which submissions there are, and whose: folders, archives, and a team's roster."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptassess import unpacking
from ptassess.errors import SubmissionError, UserError
from ptassess.sandbox.cleaning import in_full, one_line
from ptassess.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_NAME = 100  # characters of a candidate's name


@dataclass(frozen=True)
class Name:
    """What a submission is called.

    Args:
        folder: of its results, unique in a batch.
        candidate: name of the candidate.
    """

    folder: str
    candidate: str


def find(paths: Sequence[Path]) -> tuple[list[Path], str]:
    """Tell one submission from many.

    An archive, or a folder that holds ``solutions/``, is one submission. Any other folder is a folder of submissions:
    each folder and each archive in it is one.

    Args:
        paths: as given on the command line.

    Returns:
        The submissions, and a line that says what the paths were taken for.

    Raises:
        SubmissionError: if a path is not there, or holds nothing.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir() and not unpacking.is_archive(path):
            endings = ", ".join(unpacking.SUFFIXES)
            raise SubmissionError(
                f"{path}: no such folder or archive ({endings}); name a submission, or a folder of them"
            )
        if unpacking.is_archive(path) or (path / "solutions").is_dir():
            found.append(path)
            continue
        inside = sorted(
            child
            for child in path.iterdir()
            if not child.name.startswith(".") and (child.is_dir() or unpacking.is_archive(child))
        )
        if not inside:
            raise SubmissionError(f"{path}: neither a submission (no solutions/ in it) nor a folder of submissions")
        found += inside
    found = list({path.resolve(): path for path in found}.values())
    many = "one submission" if len(found) == 1 else f"{len(found)} submissions"
    rule = "an archive, or a folder that holds solutions/, is one; any other folder is a folder of them"
    return found, f"taken as {many}: {rule}"


def read_roster(path: Path) -> dict[str, str]:
    """Candidates by the names of their submissions.

    Args:
        path: CSV with a header; the columns ``submission`` and ``candidate``, others are left alone.

    Raises:
        UserError: one line, if it cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    if not rows or not {"submission", "candidate"} <= rows[0].keys():
        raise UserError(f"{path}: needs a header with the columns submission and candidate, and a row for each of them")
    names = {(row["submission"] or "").strip(): one_line(row["candidate"] or "", _NAME) for row in rows}
    if "" in names or "" in names.values() or len(names) != len(rows):
        raise UserError(f"{path}: an empty cell, or two rows for one submission")
    return {_without_ending(name): candidate for name, candidate in names.items()}


def name_all(submissions: Iterable[Path], roster: Mapping[str, str]) -> dict[Path, Name]:
    """A folder name for each submission's results, unique, and the candidate's name.

    Args:
        submissions: as ``find`` gives them.
        roster: candidates by the names of their submissions.
    """
    names: dict[Path, Name] = {}
    taken: set[str] = set()
    for path in submissions:
        base = key(path)
        folder = readable = in_full(base, _NAME)
        count = 1
        while folder in taken:
            count += 1
            folder = f"{readable}-{count}"
        taken.add(folder)
        names[path] = Name(folder, roster.get(base, folder))
    return names


def key(path: Path) -> str:
    """A submission's name in a roster: its folder's, or its archive's without the ending.

    Args:
        path: of the submission.
    """
    return _without_ending(path.resolve().name) or "submission"


def opened(path: Path, scratch: Path) -> Submission:
    """A submission that is a folder or an archive.

    Args:
        path: of it.
        scratch: an empty folder, for what is in an archive.

    Raises:
        SubmissionError: one line, if it cannot be used.
    """
    if not unpacking.is_archive(path):
        return Submission.open(path)
    scratch.mkdir(parents=True, exist_ok=True)
    return Submission.open(unpacking.unpack(path, scratch))


def _without_ending(name: str) -> str:
    return next((name.removesuffix(ending) for ending in unpacking.SUFFIXES if name.endswith(ending)), name)
