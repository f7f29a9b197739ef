"""Competencies and tasks side by side over many candidates, as the fields of heat maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.result import ChallengeFacts, Run
    from ptassess.scoring import Bounds, Score


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One field of a heat map.

    Args:
        value: in per cent; None if nothing was decided.
        word: ``""``, ``not attempted``, ``undecided`` or ``not offered``.
    """

    value: float | None
    word: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a heat map.

    Args:
        title: competency or task.
        where: a task's competency.
        level: a task's level.
        mean: per cent over the candidates with a decision.
        solved: per cent of the candidates who earned all of it.
        cells: one a group of candidates.
    """

    title: str
    where: str = ""
    level: str = ""
    mean: float | None
    solved: float | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One competency or task over all candidates.

    Args:
        title: competency or task.
        where: a task's competency.
        level: a task's level.
        cells: one a candidate.
    """

    title: str
    where: str = ""
    level: str = ""
    cells: Sequence[Cell]


_MISSING = Cell(value=None, word="not offered")


def by_competency(runs: Sequence[Run], results: Sequence[Score]) -> list[Strip]:
    """The competencies: by number in the syllabus, those without one last, otherwise as first met.

    Args:
        runs: in the order of the fields.
        results: their scores.
    """
    met: dict[str, ChallengeFacts] = {}
    for run in runs:
        for facts in run.challenges:
            met.setdefault(facts.slug, facts)
    ordered = sorted(met.values(), key=lambda facts: facts.syllabus or 10_000)
    by_slug = [{c.slug: c for c in found.competencies} for found in results]
    return [
        Strip(
            title=facts.title,
            cells=[
                _cell(c.bounds, idle=all(task.outcome == "not attempted" for task in c.tasks)) if c else _MISSING
                for c in (found.get(facts.slug) for found in by_slug)
            ],
        )
        for facts in ordered
    ]


def by_task(results: Sequence[Score]) -> list[Strip]:
    """The tasks, as first met.

    Args:
        results: scores, in the order of the fields.
    """
    by_name = [{(c.slug, t.name): t for c in found.competencies for t in c.tasks} for found in results]
    met = {(c.slug, t.name): (c.title, t.level) for found in results for c in found.competencies for t in c.tasks}
    return [
        Strip(
            title=key[1],
            where=where,
            level=level,
            cells=[
                _cell(task.bounds, idle=task.outcome == "not attempted") if task else _MISSING
                for task in (found.get(key) for found in by_name)
            ],
        )
        for key, (where, level) in met.items()
    ]


def _cell(bounds: Bounds, *, idle: bool) -> Cell:
    if bounds.score is None:
        return Cell(value=None, word="undecided")
    return Cell(value=bounds.score, word="not attempted" if idle else "")


def line(strip: Strip, size: int) -> Line:
    """Merge neighbours.

    Args:
        strip: one field a candidate.
        size: how many candidates share a field.
    """
    values = [cell.value for cell in strip.cells if cell.value is not None]
    return Line(
        title=strip.title,
        where=strip.where,
        level=strip.level,
        mean=sum(values) / len(values) if values else None,
        solved=100 * sum(one >= 100 - 1e-9 for one in values) / len(values) if values else None,
        cells=tuple(_merge(strip.cells[start : start + size]) for start in range(0, len(strip.cells), size)),
    )


def _merge(cells: Sequence[Cell]) -> Cell:
    """The mean of neighbours in rank; one alone stays as it is."""
    if len(cells) == 1:
        return cells[0]
    values = [cell.value for cell in cells if cell.value is not None]
    words = {cell.word for cell in cells}
    return Cell(value=sum(values) / len(values) if values else None, word=words.pop() if len(words) == 1 else "")
