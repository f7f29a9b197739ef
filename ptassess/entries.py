"""Which submissions there are, and whose: folders, archives, and a team's roster."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess import unpacking
from ptassess.errors import SubmissionError, UserError
from ptassess.sandbox.cleaning import in_full, one_line
from ptassess.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROSTER = "roster.csv"
_NAME = 100  # characters of a candidate's name
_MOST_BYTES = 200  # of a folder's name: file systems take 255, and a number may follow
_ENDINGS = (".html", ".json", ".toml", ".csv", ".log")  # of the files that results have beside them
_NOTES = (".csv", ".txt", ".md", ".pdf")  # endings of what a team keeps beside submissions
_ASIDES = 5  # names that a line tells


@dataclass(frozen=True)
class Name:
    """What a submission is called.

    Args:
        folder: of its results, unique in a batch.
        candidate: name of the candidate.
    """

    folder: str
    candidate: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What some paths were taken for.

    Args:
        submissions: each once.
        refused: what lies among them and can be none, and why; each becomes a row.
        inboxes: folders of submissions that were looked through.
        told: a line that says so.
    """

    submissions: list[Path]
    refused: dict[Path, str]
    inboxes: list[Path]
    told: str

    def roster(self) -> Path | None:
        """The ``roster.csv`` of the folder of submissions; None if there is none.

        A submission's own is no roster: it would say who the others are.

        Raises:
            UserError: if there are several.
        """
        rosters = [path for folder in self.inboxes if (path := folder / ROSTER).is_file() and not path.is_symlink()]
        if len(rosters) > 1:
            raise UserError(f"{' and '.join(map(str, rosters))}: two rosters; name one with --roster")
        return rosters[0] if rosters else None


def find(paths: Sequence[Path]) -> Found:
    """Tell one submission from many.

    An archive, or a folder that holds ``solutions/``, is one submission, and so is every path beside it on the command
    line. Any other folder is a folder of submissions: each folder and each archive in it is one.

    Args:
        paths: as given on the command line.

    Raises:
        SubmissionError: if a path is not there, or holds nothing, or is a submission as well as a folder of some.
    """
    for path in paths:
        if not _is_folder(path) and not unpacking.is_archive(path):
            endings = ", ".join(unpacking.SUFFIXES)
            raise SubmissionError(
                f"{path}: no such folder or archive ({endings}); name a submission, or a folder of them"
            )
    found: list[Path] = []
    refused: dict[Path, str] = {}
    asides: list[str] = []
    # Where one of several is a submission all are: else a bad one's folders would be taken for other candidates'.
    are_submissions = [unpacking.is_archive(path) or _has_solutions(path) for path in paths]
    inboxes = [] if any(are_submissions) else list(paths)
    if len(paths) == 1 and not inboxes and (others := _submissions_beside_solutions(paths[0])):
        raise SubmissionError(
            f"{paths[0]}: a submission (solutions/ in it) and a folder of submissions ({others[0].name}) at the same "
            "time; put solutions/ into a folder of its own"
        )
    for folder in inboxes:
        inside, wrong, aside = _look_through(folder)
        if not inside and not wrong:
            raise SubmissionError(f"{folder}: neither a submission (no solutions/ in it) nor a folder of submissions")
        found += inside
        refused |= wrong
        asides += aside
    unique: dict[Path, Path] = {}
    for path in found if inboxes else paths:
        unique.setdefault(path.resolve(), path)
    many = "one submission" if len(unique) == 1 else f"{len(unique)} submissions"
    told = (
        f"taken as {many}: an archive, or a folder that holds solutions/, is one; any other folder is a folder of them"
    )
    if asides:
        named = ", ".join(one_line(name, _NAME) for name in asides[:_ASIDES])
        told += f"; left aside: {named}" + (f" and {len(asides) - _ASIDES} more" if len(asides) > _ASIDES else "")
    return Found(submissions=list(unique.values()), refused=refused, inboxes=inboxes, told=told)


def _is_folder(path: Path) -> bool:
    """Whether it is a folder that can be seen; never raises, unlike Path.is_dir before Python 3.14."""
    return os.path.isdir(path)  # noqa: PTH112


def _has_solutions(path: Path) -> bool:
    return _is_folder(path / "solutions")


def _submissions_beside_solutions(path: Path) -> list[Path]:
    if not _has_solutions(path):
        return []
    return sorted(child for child in path.iterdir() if child.name != "solutions" and _has_solutions(child))


def _look_through(folder: Path) -> tuple[list[Path], dict[Path, str], list[str]]:
    """What is in a folder of submissions: submissions, what can be none, and names of what was not handed in."""
    found, refused, asides = [], {}, []
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise SubmissionError(f"{folder}: cannot be read ({error.strerror})") from None
    for child in children:
        if child.name.startswith("."):
            asides.append(child.name)
        elif child.is_symlink():
            refused[child] = "a link: whoever made it could lead it to another's submission"
        elif _is_folder(child) or unpacking.is_archive(child):
            found.append(child)
        elif child.name.casefold().endswith(_NOTES):
            asides += [] if child.name == ROSTER else [child.name]
        else:
            refused[child] = f"neither a folder nor an archive ({', '.join(unpacking.SUFFIXES)})"
    return found, refused, asides


def refuse_results_among(out: Path, submissions: Iterable[Path], inboxes: Iterable[Path] = ()) -> None:
    """A submission must not lie where results do: it could bring a result along, which would stand as its own.

    Args:
        out: the folder of the results.
        submissions: as ``find`` gives them.
        inboxes: folders of submissions.

    Raises:
        UserError: if one does, or could.
    """
    place = out.resolve()
    for path in map(Path.resolve, submissions):
        if place == path or place in path.parents or path in place.parents:
            raise UserError(f"{out}: the results cannot lie with the submission {path}; name another folder with --out")
    for folder in map(Path.resolve, inboxes):
        if place == folder or folder in place.parents:
            raise UserError(f"{out}: the results cannot lie among the submissions in {folder}; name another with --out")


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
    submissions = list(submissions)
    shared = Counter(map(key, submissions))
    on_roster = {name.casefold() for name in roster.values()}
    names: dict[Path, Name] = {}
    taken: set[str] = set()
    for path in submissions:
        base = key(path)
        folder = readable = _fit_for_results(in_full(base, _NAME))
        count = 1
        while folder.casefold() in taken:
            count += 1
            folder = f"{readable}-{count}"
        taken.add(folder.casefold())
        candidate = roster.get(base)
        if candidate and shared[base] > 1:  # nobody knows whose is whose
            candidate = f"{candidate} ({in_full(path.name, _NAME)})"
        elif not candidate:
            candidate = f"{folder} (not in the roster)" if folder.casefold() in on_roster else folder
        names[path] = Name(folder, candidate)
    return names


def _fit_for_results(name: str) -> str:
    """A folder's name that is none of those that results have beside it, and that file systems take."""
    name = name.encode()[:_MOST_BYTES].decode(errors="ignore")
    if name.startswith("."):
        name = f"_{name}"
    return f"{name}_" if name.casefold().endswith(_ENDINGS) else name


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
    ending = next((ending for ending in unpacking.SUFFIXES if name.casefold().endswith(ending)), "")
    return name[: len(name) - len(ending)]
