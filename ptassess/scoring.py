"""Checks to tasks to competencies to a total, with coverage and uncertainty: pure functions of a run's stored facts.

Rules:

* A task's points are shared among its checks by weight.
* A check earns ``credit`` times its share. A *property* check earns only if every value check of its task passed
  in the same run: finite, fast or frugal is worth nothing when the answer is wrong. Where no value check took part,
  as with a kit's quiz, a property that passed decides nothing.
* *Not attempted* is a decided zero. *Not assessed*, *inconclusive* and *error* decide nothing: their points leave the
  score's denominator and widen its bounds.
* score = earned / decided; the bounds are all undecided points lost, and all of them won; coverage = decided / offered.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptassess.challenge import LEVELS
from ptassess.result import DECIDED, ChallengeFacts, CheckResult, Outcome, Run, TaskFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_NOTHING = 1e-9  # of a point: rounding


@dataclass(frozen=True)
class Bounds:
    """Points earned, decided and offered, and what follows from them in per cent."""

    earned: float = 0.0
    decided: float = 0.0
    offered: float = 0.0

    @property
    def score(self) -> float | None:
        """Earned per decided, in per cent; None if nothing was decided."""
        return min(100.0, 100 * self.earned / self.decided) if self.decided > 0 else None  # rounding can exceed it

    @property
    def low(self) -> float:
        """The score in per cent if every undecided point were lost."""
        return 100 * self.earned / self.offered if self.offered > 0 else 0.0

    @property
    def high(self) -> float:
        """The score in per cent if every undecided point were won."""
        return 100 * (self.earned + self.offered - self.decided) / self.offered if self.offered > 0 else 0.0

    @property
    def coverage(self) -> float:
        """Decided per offered, in per cent."""
        return 100 * self.decided / self.offered if self.offered > 0 else 0.0

    def reaches(self, cut: float) -> bool | None:
        """Whether the score is at least a cut score, however the undecided points fall; None if that depends on them.

        Args:
            cut: per cent.
        """
        return True if self.low >= cut else False if self.high < cut else None

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.earned + other.earned, self.decided + other.decided, self.offered + other.offered)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A cut score of the exam, and whether it was reached.

    Args:
        name: of the competency, or ``total``.
        title: for readers.
        least: per cent.
        bounds: what was scored.
    """

    name: str
    title: str
    least: float
    bounds: Bounds

    @property
    def reached(self) -> bool | None:
        """None if that depends on what is undecided."""
        return self.bounds.reaches(self.least)


@dataclass(frozen=True, kw_only=True)
class CheckScore:
    """One check in its task.

    Args:
        result: the stored facts.
        share: points that the check carries.
        earned: 0 to 1 after the property rule.
        withheld: a property that passed, but whose task has a value check that did not.
    """

    result: CheckResult
    share: float
    earned: float
    withheld: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskScore:
    """One task.

    Args:
        name: function or class.
        level: of difficulty.
        points: offered.
        minutes: human minutes.
        kind: ``code`` or ``quiz``.
        bounds: earned, decided, offered.
        outcome: ``passed`` if every check did, whatever its credit; otherwise what best says where it stands.
        checks: its checks in the run's order.
    """

    name: str
    level: str
    points: float
    minutes: int
    kind: str
    bounds: Bounds
    outcome: Outcome
    checks: tuple[CheckScore, ...]

    @property
    def missing(self) -> float:
        """Points that were decided and not earned."""
        return max(0.0, self.bounds.decided - self.bounds.earned)

    @property
    def standing(self) -> str:
        """As ``outcome``, and ``partly`` where some of the points were earned and some lost."""
        some = self.bounds.earned > _NOTHING and self.missing > _NOTHING
        return "partly" if some and self.outcome in {"passed", "failed"} else self.outcome


@dataclass(frozen=True, kw_only=True)
class CompetencyScore:
    """One competency.

    Args:
        slug: of its challenge.
        title: for readers.
        bounds: over all its tasks.
        tasks: in the challenge's order.
        levels: bounds by level of task, levels without tasks left out.
    """

    slug: str
    title: str
    bounds: Bounds
    tasks: tuple[TaskScore, ...]
    levels: dict[str, Bounds]

    @property
    def meters(self) -> float:
        """Points that rest on what was seen beside the candidate's code."""
        return sum(check.share for task in self.tasks for check in task.checks if check.result.advisory)

    @property
    def advisory(self) -> float:
        """Per cent of the offered points that do."""
        return 100 * self.meters / self.bounds.offered if self.bounds.offered > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Score:
    """The whole run.

    Args:
        total: over all competencies, weighted by points.
        competencies: in the run's order.
        advisory: per cent of the offered points that rest on what was seen beside the candidate's code.
    """

    total: Bounds
    competencies: tuple[CompetencyScore, ...]
    advisory: float


def score(run: Run) -> Score:
    """Derive every score of a run.

    Args:
        run: the stored facts; nothing else is consulted.
    """
    by_task: dict[tuple[str, str], list[CheckResult]] = defaultdict(list)
    for check in run.checks:
        by_task[check.challenge, check.task].append(check)
    competencies = tuple(_competency(facts, by_task) for facts in run.challenges)
    total = sum((c.bounds for c in competencies), Bounds())
    meters = sum(competency.meters for competency in competencies)
    return Score(
        total=total,
        competencies=competencies,
        advisory=100 * meters / total.offered if total.offered > 0 else 0.0,
    )


def _competency(facts: ChallengeFacts, by_task: Mapping[tuple[str, str], Sequence[CheckResult]]) -> CompetencyScore:
    tasks = tuple(_task(task, by_task.get((facts.slug, task.name), ())) for task in facts.tasks)
    levels: dict[str, Bounds] = {
        level: sum((task.bounds for task in tasks if task.level == level), Bounds())
        for level in LEVELS
        if any(task.level == level for task in tasks)
    }
    return CompetencyScore(
        slug=facts.slug,
        title=facts.title,
        bounds=sum((task.bounds for task in tasks), Bounds()),
        tasks=tasks,
        levels=levels,
    )


def cuts(run: Run, found: Score) -> list[Cut]:
    """The exam's cut scores, the total's first; those of competencies that were not offered are left out.

    Args:
        run: the facts.
        found: its score.
    """
    known = {c.slug: (c.title, c.bounds) for c in found.competencies} | {"total": ("Total", found.total)}
    names = sorted((name for name in run.cut_scores if name in known), key=lambda name: (name != "total", name))
    return [Cut(name=n, title=known[n][0], least=run.cut_scores[n], bounds=known[n][1]) for n in names]


def _task(facts: TaskFacts, checks: Sequence[CheckResult]) -> TaskScore:
    # A check that was collected but never reported (an interrupted run) is undecided, not absent.
    unreported = len(set(facts.checks) - {check.check for check in checks})
    weights = sum(check.weight for check in checks) + unreported
    if weights <= 0:
        bounds = Bounds(offered=facts.points)
        return TaskScore(
            name=facts.name, level=facts.level, points=facts.points, minutes=facts.minutes,
            kind=facts.kind, bounds=bounds, outcome="not assessed", checks=(),
        )  # fmt: skip
    values = {check.outcome for check in checks if check.role == "value"}
    right = values == {"passed"} and not unreported
    wrong = bool(values & (DECIDED - {"passed"}))
    scored = [
        CheckScore(
            result=check,
            share=facts.points * check.weight / weights,
            earned=check.credit if check.outcome == "passed" and (check.role == "value" or right) else 0.0,
            withheld=check.outcome == "passed" and check.role == "property" and not right,
        )
        for check in checks
    ]
    bounds = Bounds(
        earned=sum(check.share * check.earned for check in scored),
        # A property that waits for an undecided value check is undecided itself.
        decided=sum(
            check.share for check in scored if check.result.outcome in DECIDED and (wrong or not check.withheld)
        ),
        offered=facts.points,
    )
    return TaskScore(
        name=facts.name,
        level=facts.level,
        points=facts.points,
        minutes=facts.minutes,
        kind=facts.kind,
        bounds=bounds,
        outcome=_summary(scored, decided=bounds.decided > 0),
        checks=tuple(scored),
    )


def _summary(checks: Iterable[CheckScore], *, decided: bool) -> Outcome:
    """The outcome that best says where a task stands: the first of this order that occurs."""
    outcomes = {check.result.outcome for check in checks}
    if not outcomes:  # the run ended before its first check
        return "not assessed"
    if outcomes == {"not attempted"}:
        return "not attempted"
    order: tuple[Outcome, ...] = ("error", "failed", "not attempted", "inconclusive", "not assessed")
    for outcome in order:
        if outcome in outcomes:
            return "failed" if outcome == "not attempted" else outcome
    return "passed" if decided else "not assessed"
