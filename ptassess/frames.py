"""Run files into tidy pandas frames: one row a check, a task, a competency, or a run's place in its cohort.

Columns and their types do not depend on what the runs hold, so an empty frame joins and concatenates like a full one.
Every frame begins with the run's columns (``RUN``); scores are in per cent, times in seconds, points as offered.
``key`` is the fingerprint of the key that a run is signed with, missing where it is not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final

from ptassess.challenge import LEVELS
from ptassess.scoring import score
from ptassess.signing import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from ptassess.result import Run
    from ptassess.scoring import Bounds, CompetencyScore, Score

TEXT: Final = "string"
NUMBER: Final = "float64"
COUNT: Final = "int64"
TRUTH: Final = "bool"
TIME: Final = "datetime64[ns, UTC]"

RUN = {
    "run_id": TEXT, "candidate": TEXT, "exam": TEXT, "stamp": TEXT, "isolation": TEXT, "device": TEXT, "machine": TEXT,
    "started": TIME, "complete": TRUTH, "key": TEXT,
}  # fmt: skip
_BOUNDS = {
    "earned": NUMBER, "decided": NUMBER, "offered": NUMBER, "score": NUMBER, "low": NUMBER, "high": NUMBER,
    "coverage": NUMBER,
}  # fmt: skip
CHECKS = RUN | {
    "challenge": TEXT, "task": TEXT, "level": TEXT, "check": TEXT, "title": TEXT, "role": TEXT, "private": TRUTH,
    "advisory": TRUTH, "weight": NUMBER, "outcome": TEXT, "cause": TEXT, "credit": NUMBER, "withheld": TRUTH,
    "points": NUMBER, "earned": NUMBER, "seconds": NUMBER, "worker_seconds": NUMBER, "message": TEXT,
}  # fmt: skip
TASKS = RUN | {
    "challenge": TEXT, "task": TEXT, "level": TEXT, "minutes": NUMBER, "outcome": TEXT, "checks": COUNT,
    "passed": COUNT, "seconds": NUMBER,
} | _BOUNDS  # fmt: skip
COMPETENCIES = RUN | {
    "challenge": TEXT, "title": TEXT, "tasks": COUNT, "solved": COUNT,
} | _BOUNDS | dict.fromkeys(LEVELS, NUMBER)  # fmt: skip
COHORT = RUN | {"challenge": TEXT, "score": NUMBER, "rank": NUMBER, "percentile": NUMBER, "of": COUNT}


def checks(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a check.

    Args:
        runs: in any order.

    Returns:
        The columns ``CHECKS``: ``points`` is the share of the task's points that the check carries, ``earned`` what it
        got of them after the property rule, ``cause`` missing where there is none.
    """
    rows = (
        {
            **_run(run), "challenge": competency.slug, "task": task.name, "level": task.level, "check": found.check,
            "title": found.title, "role": found.role, "private": found.private, "advisory": found.advisory,
            "weight": found.weight, "outcome": found.outcome, "cause": found.cause, "credit": found.credit,
            "withheld": check.withheld, "points": check.share, "earned": check.share * check.earned,
            "seconds": found.seconds, "worker_seconds": found.worker_seconds, "message": found.message,
        }
        for run, scored in _scored(runs)
        for competency in scored.competencies
        for task in competency.tasks
        for check in task.checks
        for found in [check.result]
    )  # fmt: skip
    return _frame(rows, CHECKS)


def tasks(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a task that was offered.

    Args:
        runs: in any order.

    Returns:
        The columns ``TASKS``; ``score`` is missing where nothing was decided.
    """
    rows = (
        {
            **_run(run), "challenge": competency.slug, "task": task.name, "level": task.level, "minutes": task.minutes,
            "outcome": task.outcome, "checks": len(task.checks),
            "passed": sum(check.result.outcome == "passed" for check in task.checks),
            "seconds": sum(check.result.seconds for check in task.checks), **_bounds(task.bounds),
        }
        for run, scored in _scored(runs)
        for competency in scored.competencies
        for task in competency.tasks
    )  # fmt: skip
    return _frame(rows, TASKS)


def competencies(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a competency that was offered.

    Args:
        runs: in any order.

    Returns:
        The columns ``COMPETENCIES``; a level's column is its score, missing where it has no task or no decision.
    """
    rows = (
        {
            **_run(run), "challenge": competency.slug, "title": competency.title, "tasks": len(competency.tasks),
            "solved": sum(task.outcome == "passed" for task in competency.tasks), **_bounds(competency.bounds),
            **_levels(competency),
        }
        for run, scored in _scored(runs)
        for competency in scored.competencies
    )  # fmt: skip
    return _frame(rows, COMPETENCIES)


def cohort(runs: Iterable[Run]) -> pd.DataFrame:
    """Where each run stands among the others: in all, and in each competency.

    Args:
        runs: the cohort.

    Returns:
        The columns ``COHORT``, one row a run and competency; ``challenge`` is missing in the row of the run as a whole.
        ``rank`` is 1 for the best, shared by equal scores. ``percentile`` is the share of the cohort that scored less,
        with half of those that scored the same: 50 for a cohort of equals. ``of`` counts the scores compared. Rank and
        percentile are missing where nothing was decided.
    """
    rows: list[dict[str, Any]] = []
    for run, scored in _scored(runs):
        rows.append({**_run(run), "challenge": None, "score": scored.total.score})
        rows += [{**_run(run), "challenge": c.slug, "score": c.bounds.score} for c in scored.competencies]
    by_challenge: dict[str | None, list[float]] = {}
    for row in rows:
        scores = by_challenge.setdefault(row["challenge"], [])
        if row["score"] is not None:
            scores.append(row["score"])
    for scores in by_challenge.values():
        scores.sort()
    return _frame((row | _place(row["score"], by_challenge[row["challenge"]]) for row in rows), COHORT)


def _scored(runs: Iterable[Run]) -> Iterator[tuple[Run, Score]]:
    for run in runs:
        yield run, score(run)


def _run(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id, "candidate": run.candidate, "exam": run.exam, "stamp": run.stamp,
        "isolation": run.isolation, "device": run.device, "machine": run.machine.id, "started": run.started,
        "complete": run.complete, "key": key.fingerprint if (key := key_of(run)) else None,
    }  # fmt: skip


def _bounds(bounds: Bounds) -> dict[str, float | None]:
    return {name: getattr(bounds, name) for name in _BOUNDS}


def _levels(competency: CompetencyScore) -> dict[str, float | None]:
    return {level: bounds.score for level, bounds in competency.levels.items()}


def _place(own: float | None, scores: Sequence[float]) -> dict[str, float | None]:
    if own is None:
        return {"rank": None, "percentile": None, "of": len(scores)}
    less = bisect_left(scores, own)
    same = bisect_right(scores, own) - less
    return {
        "rank": 1 + len(scores) - less - same,
        "percentile": 100 * (less + same / 2) / len(scores),
        "of": len(scores),
    }


def _frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    kept = list(rows)
    made: dict[str, pd.Series[Any]] = {}
    for name, kind in columns.items():
        values = [row.get(name) for row in kept]
        if kind == TIME:
            # A run file may come from anywhere: what is no time is missing, and nothing else is lost.
            times = pd.to_datetime(pd.Series(values, dtype="object"), utc=True, errors="coerce", format="ISO8601")
            first, last = (limit.tz_localize("UTC") for limit in (pd.Timestamp.min, pd.Timestamp.max))
            made[name] = times.where(times.between(first, last)).astype(TIME)
        else:
            made[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(made, columns=list(columns))
