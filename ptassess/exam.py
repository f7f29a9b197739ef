"""The exam: what is asked, for how many points, under which rules; and its seeds.

Two seeds. The *exam seed* is fixed before the candidate begins and drives the quiz. The *run seed* is secret, committed
by its hash, revealed with the result, and drives the inputs of the checks.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from ptassess import content
from ptassess.challenge import LARGEST, LEVELS
from ptassess.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptassess.challenge import Challenge, Task

DEFAULT_EXAM_SEED = 1
"""Of the exam ``everything``, where no other seed was agreed on."""
EVERYTHING = "everything"

Hints = Literal["free", "none"]
Feedback = Literal["full", "score", "none"]


class Exam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked, for how many points, and under which rules.

    Attributes:
        name: of the exam.
        title: for readers.
        tasks: points by ``competency.task``; empty for every task at its own points.
        minutes: that a candidate has; 0 for the tasks' sum.
        deadline: until when answers are taken, ISO 8601 with an offset; empty for none.
        seed: exam seed.
        hints: whether kits show the hints of the briefs (``free``) or leave them out (``none``).
        ai_use: what is allowed, in a sentence for the candidate.
        feedback: what the candidate gets to see afterwards: the whole scorecard (``full``), the ``score``, or ``none``.
            Told to the candidate and shown on the scorecard; whoever sends results out keeps to it.
        cut_scores: the least per cent, by competency; ``total`` for the whole.
        roles: weights of competencies by role, such as ``{"research": {"vision": 2.0}}``.
        packs: folders with more challenges, relative to the exam's file.
    """

    name: str = EVERYTHING
    title: str = "Everything that is installed"
    tasks: dict[str, float] = {}
    minutes: int = 0
    deadline: str = ""
    seed: int = DEFAULT_EXAM_SEED
    hints: Hints = "free"
    ai_use: str = "Ask whoever gave you this kit."
    feedback: Feedback = "full"
    cut_scores: dict[str, float] = {}
    roles: dict[str, dict[str, float]] = {}
    packs: tuple[str, ...] = ()

    def digest(self) -> str:
        """SHA-256 over its content, in hexadecimal."""
        exact = msgspec.convert(msgspec.to_builtins(self), Exam)  # points written as 3 and as 3.0 are the same exam
        return hashlib.sha256(msgspec.json.encode(exact, order="sorted")).hexdigest()

    def offers(self, slug: str, task: str) -> bool:
        """Whether it asks for a task.

        Args:
            slug: of the competency.
            task: its name.
        """
        return not self.tasks or f"{slug}.{task}" in self.tasks

    def points(self, slug: str, task: Task) -> float:
        """What a task is worth in it.

        Args:
            slug: of the competency.
            task: that it offers.
        """
        return self.tasks.get(f"{slug}.{task.name}", task.points)

    def offered(self, challenges: Iterable[Challenge]) -> dict[str, list[Task]]:
        """The tasks that it asks for, by competency, in the challenges' order; competencies without one are left out.

        Args:
            challenges: that are installed.
        """
        chosen = {c.slug: [task for task in c.tasks if self.offers(c.slug, task.name)] for c in challenges}
        return {slug: tasks for slug, tasks in chosen.items() if tasks}

    def minutes_for(self, challenges: Iterable[Challenge]) -> int:
        """Human minutes: its own figure, or what its tasks need.

        Args:
            challenges: that are installed.
        """
        return self.minutes or sum(task.minutes for tasks in self.offered(challenges).values() for task in tasks)


def read(path: Path) -> Exam:
    """Read an ``exam.toml``.

    Args:
        path: of the file.

    Raises:
        UserError: one line, if it cannot be used.
    """
    try:
        exam = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Exam)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise UserError(f"{path}: not an exam ({error})") from None
    _examine(exam, path)
    return exam


def find(name: str | Path) -> tuple[Exam, Path | None]:
    """An exam by its file, or a ready one by its name.

    Args:
        name: path of a file, ``everything``, or the name of a ready exam.

    Returns:
        The exam, and its file if it has one.

    Raises:
        UserError: one line, if there is none of that name or it cannot be used.
    """
    if str(name) == EVERYTHING:
        return Exam(), None
    ready = {path.stem: path for root in content.roots() for path in root.exams()}
    path = ready.get(str(name), Path(name))
    if str(name) not in ready and path.suffix != ".toml":
        raise UserError(f"{name}: no such exam; name a .toml file, or one of: {', '.join([EVERYTHING, *ready])}")
    return read(path), path


def examine(exam: Exam, challenges: Iterable[Challenge]) -> list[str]:
    """What does not fit between an exam and the challenges that are here.

    Args:
        exam: to examine.
        challenges: that are installed.

    Returns:
        One line for each thing; empty if all is well.
    """
    known = {f"{c.slug}.{task.name}": task for c in challenges for task in c.tasks}
    slugs = {name.partition(".")[0] for name in known}
    lines = [f"{name}: no such task; `ptassess list` shows them" for name in exam.tasks if name not in known]
    named = set(exam.cut_scores) - {"total"} | {slug for weights in exam.roles.values() for slug in weights}
    lines += [f"{slug}: no such competency, in cut_scores or roles" for slug in sorted(named - slugs)]
    need = sum(known[name].minutes for name in exam.tasks if name in known)
    if exam.minutes and need > exam.minutes:
        lines.append(f"its tasks need about {need} minutes; it gives {exam.minutes}")
    return lines


def compose(
    name: str, challenges: Sequence[Challenge], minutes: int, *, title: str = "", packs: Sequence[str] = ()
) -> Exam:
    """An exam that fits a time: competencies take turns, each giving its next task, the easier ones first.

    Args:
        name: of the exam.
        challenges: to choose from.
        minutes: that a candidate has.
        title: for readers.
        packs: that the challenges come from.

    Raises:
        UserError: if not even one task fits.
    """
    queues = [sorted(c.tasks, key=lambda task: LEVELS.index(task.level)) for c in challenges]
    # One competency's next task is the one of the level that it has given least of.
    given: list[dict[str, int]] = [dict.fromkeys(LEVELS, 0) for _ in challenges]
    chosen: dict[str, float] = {}
    left = minutes
    while any(queues):
        for challenge, queue, counts in zip(challenges, queues, given, strict=True):
            fitting = [task for task in queue if task.minutes <= left]
            queue[:] = fitting
            if fitting:
                task = min(fitting, key=lambda task: counts[task.level])
                queue.remove(task)
                counts[task.level] += 1
                chosen[f"{challenge.slug}.{task.name}"] = task.points
                left -= task.minutes
    if not chosen:
        raise UserError(f"no task takes {minutes} minutes or less; give more --minutes")
    order = [f"{c.slug}.{task.name}" for c in challenges for task in c.tasks]
    tasks = {key: chosen[key] for key in order if key in chosen}
    return Exam(name=name, title=title or f"{minutes} minutes", tasks=tasks, minutes=minutes, packs=tuple(packs))


def render(exam: Exam) -> str:
    """An exam as TOML, with a comment on every line that an examiner decides.

    Args:
        exam: to write.
    """
    fields = msgspec.to_builtins(exam)
    comments = {
        "tasks": "points by competency.task; without any, all that is installed at its own points",
        "minutes": "that a candidate has; 0: what the tasks need",
        "deadline": "ISO 8601 with an offset, such as 2030-01-31T18:00:00+01:00",
        "seed": "drives the quiz's numbers",
        "hints": "free or none",
        "ai_use": "told to the candidate",
        "feedback": "full, score or none: what the candidate gets to see",
        "cut_scores": "per cent by competency, or total",
        "roles": "weights of competencies, by role",
    }
    lines, tables = [], []
    for name, value in fields.items():
        comment = f"  # {comments[name]}" if name in comments else ""
        if isinstance(value, dict):
            inner = {f"{name}.{role}": weights for role, weights in value.items()} if name == "roles" else {name: value}
            for table, entries in inner.items():
                tables.append(f"\n[{table}]{comment}")
                tables += [f"{_text(key)} = {_text(entry)}" for key, entry in entries.items()]
        else:
            lines.append(f"{name} = {_text(value)}{comment}")
    return "\n".join([*lines, *tables]) + "\n"


def _text(value: object) -> str:
    """A value as TOML; its strings, numbers and arrays are written as JSON's are."""
    return msgspec.json.encode(value).decode()


def _examine(exam: Exam, path: Path) -> None:
    wrong = [name for name, points in exam.tasks.items() if not 0 < points <= LARGEST or name.count(".") != 1]
    if wrong:
        raise UserError(f"{path}: tasks: {wrong[0]!r}: write competency.task = points above 0")
    for name, cut in exam.cut_scores.items():
        if not 0 <= cut <= 100:
            raise UserError(f"{path}: cut_scores: {name} = {cut:g}: per cent, from 0 to 100")
    if exam.deadline:
        try:
            aware = datetime.fromisoformat(exam.deadline).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            raise UserError(f"{path}: deadline {exam.deadline!r}: write 2030-01-31T18:00:00+01:00")


def derive(seed: int, *parts: object) -> int:
    """A seed for one purpose: 64 bits of SHA-256 over the seed and the parts, whatever the order of the checks.

    Args:
        seed: exam seed or run seed.
        parts: what it is for, such as slug, check and repeat.
    """
    text = "\0".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def commit(seed: int) -> str:
    """The hash that commits to a run seed before it is used, in hexadecimal.

    Args:
        seed: run seed.
    """
    return hashlib.sha256(f"ptassess run seed {seed}".encode()).hexdigest()
