"""Many runs side by side: ranks, what sets a run apart from the others, and the figures of the heat maps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

from ptassess import heatmap
from ptassess.scoring import score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.heatmap import Cell, Line
    from ptassess.result import Run
    from ptassess.scoring import Bounds, Score

COLUMNS = 40  # of a heat map: at 26 pixels each they fit a laptop's screen
_COVERAGE = 90.0  # per cent of the points; below, a score is a guess that the reader should be told of


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One submission of a cohort.

    Args:
        run: what was found, or None if it could not be graded.
        href: path of its scorecard, relative to the index; empty for none.
        candidate: whose it is; empty for the run's.
        reason: why it could not be graded, in one line.
        findings: path of the page of its findings, relative to the index; empty for none.
    """

    run: Run | None = None
    href: str = ""
    candidate: str = ""
    reason: str = ""
    findings: str = ""

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return self.candidate or (self.run.candidate if self.run else "") or "(no name)"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Something to know before comparing a run with the others.

    Args:
        word: short.
        why: one sentence.
    """

    word: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One graded submission.

    Args:
        rank: 1 for the best; equal scores share a rank; None without a score.
        entry: whose.
        run: the facts.
        total: of its score.
        cells: in the cohort's columns.
        flags: what sets it apart.
    """

    rank: int | None
    entry: Entry
    run: Run
    total: Bounds
    cells: tuple[Cell, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """All of it.

    Args:
        rows: best first.
        failures: what could not be graded.
        columns: of the table: titles of the competencies, or the tasks of the only one.
        in_code: whether the columns are names in code.
        scores: in per cent, ascending.
        groups: the candidates of a heat map's columns, neighbours in rank.
        competencies: lines, in the syllabus' order.
        tasks: lines, hardest first.
    """

    rows: tuple[Row, ...]
    failures: tuple[Entry, ...]
    columns: tuple[str, ...]
    in_code: bool
    scores: tuple[float, ...]
    groups: tuple[tuple[Row, ...], ...]
    competencies: tuple[Line, ...]
    tasks: tuple[Line, ...]

    @property
    def median(self) -> float | None:
        """The middle score, in per cent."""
        return median(self.scores) if self.scores else None

    @property
    def quartiles(self) -> tuple[float, float] | None:
        """Between which scores the middle half lies; None for fewer than four."""
        if len(self.scores) < 4:
            return None
        low, _, high = quantiles(self.scores, n=4, method="inclusive")
        return low, high

    @property
    def histogram(self) -> tuple[int, ...]:
        """Scores in ten steps of ten per cent; 100 belongs to the last."""
        counted = Counter(min(9, int(one // 10)) for one in self.scores)
        return tuple(counted[step] for step in range(10))


def cohort(entries: Sequence[Entry]) -> Cohort:
    """Rank runs and put their competencies and tasks side by side.

    Runs are ranked by their score, then by its lower bound, then by name.

    Args:
        entries: in any order.
    """
    graded = [(entry, entry.run, score(entry.run)) for entry in entries if entry.run is not None]
    graded.sort(key=lambda item: (*_order(item[2]), item[0].name.casefold()))
    runs, results = [run for _, run, _ in graded], [found for _, _, found in graded]
    competencies, tasks = heatmap.by_competency(runs, results), heatmap.by_task(results)
    # One competency says no more than the score beside it: its tasks are shown instead, as long as they fit.
    in_code = len(competencies) == 1 and 0 < len(tasks) <= COLUMNS // 2
    columns = tasks if in_code else competencies
    common = _common(runs)
    scores = [found.total.score for found in results]
    rows = tuple(
        Row(
            rank=None if found.total.score is None else 1 + scores.index(found.total.score),
            entry=entry,
            run=run,
            total=found.total,
            cells=tuple(strip.cells[i] for strip in columns),
            flags=_flags(run, found, common),
        )
        for i, (entry, run, found) in enumerate(graded)
    )
    size = max(1, -(-len(rows) // COLUMNS))
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    lines = [heatmap.line(strip, size) for strip in tasks]
    return Cohort(
        rows=rows,
        failures=tuple(sorted((e for e in entries if e.run is None), key=lambda e: e.name.casefold())),
        columns=tuple(strip.title for strip in columns),
        in_code=in_code,
        scores=tuple(sorted(one for one in scores if one is not None)),
        groups=tuple(groups),
        competencies=tuple(heatmap.line(strip, size) for strip in competencies),
        tasks=tuple(sorted(lines, key=lambda line: (line.mean is None, line.mean or 0.0, line.title))),
    )


def _order(found: Score) -> tuple[float, float]:
    points = found.total.score
    return (1.0 if points is None else -points, -found.total.low)


def _common(runs: Sequence[Run]) -> dict[str, object]:
    """What most runs share: a run that differs cannot be compared with them without a word."""
    bases = [_basis(run) for run in runs]
    return {name: Counter(basis[name] for basis in bases).most_common(1)[0][0] for name in (bases[0] if bases else ())}


def _basis(run: Run) -> dict[str, object]:
    return {
        "offer": frozenset((facts.slug, facts.digest) for facts in run.challenges),
        "exam": (run.exam, run.exam_digest),
        "isolation": run.isolation,
        "machine": run.machine.id,
        "profile": (run.profile, run.device),
    }


_APART = {
    "offer": ("other checks", "It was assessed with other challenges, or other versions of them, than most runs here."),
    "exam": ("other exam", "Its exam differs from most runs here."),
    "isolation": ("other isolation", "Its level of isolation differs from most runs here."),
    "machine": ("other machine", "It ran on another machine than most runs here; that matters for timed checks."),
    "profile": ("other profile", "Its profile or device differs from most runs here."),
}


def _flags(run: Run, found: Score, common: dict[str, object]) -> tuple[Flag, ...]:
    basis = _basis(run)
    flags = [Flag(word=word, why=why) for name, (word, why) in _APART.items() if basis[name] != common[name]]
    if not run.complete:
        flags.insert(0, Flag(word="partial", why="The run was interrupted, or only a part of the checks was selected."))
    if found.total.coverage < _COVERAGE:
        flags.append(Flag(word="low coverage", why=f"Less than {_COVERAGE:.0f} % of its points could be decided."))
    errors = sum(check.outcome == "error" for check in run.checks)
    if errors:
        why = f"Checks that failed on our side: {errors}. They cost the candidate nothing."
        flags.append(Flag(word="judge errors", why=why))
    broken = sum(check.cause == "protocol" for check in run.checks)
    if broken:
        why = f"Checks in which the candidate's code broke the rules of the wire to the judge: {broken}. Look at them."
        flags.append(Flag(word="protocol", why=why))
    return tuple(flags)
