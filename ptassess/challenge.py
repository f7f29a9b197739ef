"""What a challenge says of itself: frozen, checked when made, free of torch."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ptassess.errors import ContentError
from ptassess.filenames import MODULES

Level = Literal["foundation", "practitioner", "expert"]
Tier = Literal["draft", "core"]
Kind = Literal["code", "quiz"]

LARGEST = 1e9
"""Of weights and points, so that sums and quotients of them stay finite."""
LEVELS: tuple[Level, ...] = ("foundation", "practitioner", "expert")
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")  # a task is a function's or a class's name, and a part of file names


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that the candidate writes.

    Args:
        name: the function or class in the solution; for a quiz, ``quiz``.
        points: what it is worth beside the other tasks of the exam; above 0.
        level: ``foundation``, ``practitioner`` or ``expert``.
        minutes: what a candidate who knows the topic needs, in minutes.
        seconds: deadline of each single call of the candidate's code, in seconds of wall time.
        memory_mb: cap on the resident memory that the worker's process tree may add, in MiB.
        needs: what the machine must have for any of it, such as ``("cuda",)``; without it, *not assessed*.
        kind: ``code``, or ``quiz`` for answers in ``solutions/<slug>.quiz.toml``.

    Raises:
        ContentError: if a value is out of its range.
    """

    name: str
    points: float
    level: Level
    minutes: int
    seconds: float = 5.0
    memory_mb: int = 1024
    needs: tuple[str, ...] = ()
    kind: Kind = "code"

    def __post_init__(self) -> None:
        """Check every field."""
        if not _NAME.fullmatch(self.name):
            raise ContentError(f"task {self.name!r}: a name is a function's or class's: letters, digits, underscores")
        for what in ("points", "minutes", "seconds", "memory_mb"):
            if not 0 < getattr(self, what) <= LARGEST:
                raise ContentError(
                    f"task {self.name!r}: {what} must be above 0 and at most {LARGEST:g}, not {getattr(self, what)!r}"
                )
        if self.level not in LEVELS:
            raise ContentError(f"task {self.name!r}: level is one of {', '.join(LEVELS)}, not {self.level!r}")
        object.__setattr__(self, "needs", tuple(self.needs))


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """The package that assesses one competency.

    The folder that holds ``challenge.py`` is the challenge; its name is the slug.

    Args:
        home: pass ``__file__``.
        title: what a reader sees.
        syllabus: number of the competency in the PyTorch syllabus, 1 to 17; 0 for one of your own.
        tasks: at least one.
        tier: ``core`` when everything in the authors' guide is there, ``draft`` before.
        summary: one sentence for lists.
        preload: modules beside torch and numpy that solutions commonly import, such as ``("torchvision",)``; they are
            imported before any clock runs.

    Raises:
        ContentError: if there is no task, two tasks share a name, or the folder's name cannot be a slug or is that of a
            module which runs beside solutions.
    """

    home: Path
    title: str
    tasks: tuple[Task, ...]
    syllabus: int = 0
    tier: Tier = "core"
    summary: str = ""
    preload: tuple[str, ...] = ()
    slug: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the slug and check the tasks."""
        home = Path(self.home)
        folder = home.parent if home.suffix == ".py" else home
        object.__setattr__(self, "home", folder.resolve())
        object.__setattr__(self, "slug", folder.name)
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if not _SLUG.fullmatch(self.slug):
            raise ContentError(f"{folder}: a challenge's folder is named in lower case letters, digits and underscores")
        if self.slug in MODULES:
            raise ContentError(
                f"{folder}: solutions/{self.slug}.py would stand in for the module of that name; rename it"
            )
        if not self.tasks:
            raise ContentError(f"{folder / 'challenge.py'}: a challenge needs at least one Task(...)")
        names = [task.name for task in self.tasks]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ContentError(f"{folder / 'challenge.py'}: task {twice[0]!r} is there twice; rename one")

    def task(self, name: str) -> Task:
        """The task of that name.

        Args:
            name: as in ``@pytest.mark.task(name)``.

        Raises:
            ContentError: if there is none.
        """
        for task in self.tasks:
            if task.name == name:
                return task
        known = ", ".join(task.name for task in self.tasks)
        raise ContentError(f"{self.home / 'challenge.py'}: no task {name!r}; its tasks are {known}")

    def brief(self) -> str:
        """The Markdown that candidates read; empty if there is none."""
        return self._text("brief.md")

    def hints(self) -> str:
        """Markdown with a section of hints; a kit has them in a file of their own."""
        return self._text("hints.md") or self.brief()

    def _text(self, name: str) -> str:
        path = self.home / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""
