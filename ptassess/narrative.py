"""What a score says, in sentences: pure functions of a ``Score``, so that every number in them can be checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ptassess.challenge import LEVELS
from ptassess.scoring import Bounds
from ptassess.wording import count, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptassess.result import Outcome
    from ptassess.scoring import CompetencyScore, Score, TaskScore

_Place = TypeVar("_Place")
_STRENGTHS, _STEPS = 4, 4  # few enough to be read and remembered
_STRONG = 85.0  # per cent of a competency, even if all that is undecided were lost, from which it is named a strength


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One line about a competency or a task.

    Args:
        anchor: of its section on the scorecard.
        title: what it is about.
        where: what it belongs to; empty for a competency.
        text: the remark.
        code: whether the title is a name in code.
    """

    anchor: str
    title: str
    where: str
    text: str
    code: bool = True


def levels(score: Score) -> dict[str, Bounds]:
    """Bounds by level over all competencies, levels without tasks left out.

    Args:
        score: of a run.
    """
    found = {level: [c.levels[level] for c in score.competencies if level in c.levels] for level in LEVELS}
    return {level: sum(parts, Bounds()) for level, parts in found.items() if parts}


def outcomes(score: Score) -> dict[Outcome, int]:
    """How many checks ended how, most frequent first.

    Args:
        score: of a run.
    """
    return dict(Counter(check.result.outcome for _, task in _tasks(score) for check in task.checks).most_common())


def headline(score: Score) -> list[str]:
    """The sentences under the score: what was solved, what was left, what could not be decided.

    Args:
        score: of a run.
    """
    tasks = [task for _, task in _tasks(score)]
    if not tasks:
        return ["Nothing was offered in this run, so there is nothing to score."]
    left = sum(task.outcome == "not attempted" for task in tasks)
    if left == len(tasks):
        return [f"None of the {count(left, 'task')} was attempted." if left > 1 else "The one task was not attempted."]
    solved = [task for task in tasks if task.standing == "passed"]
    said = [f"Solved {_of(len(solved), len(tasks))} in full{_by_level(tasks)}."]
    partly = [task for task in tasks if task.standing not in ("passed", "not attempted") and task.bounds.earned > 0]
    if partly:
        said.append(f"{_begin(len(partly), 'task')} earned a part of {'its' if len(partly) == 1 else 'their'} points.")
    vain = sum(t.outcome in ("failed", "error") and t.bounds.earned <= 0 for t in tasks)
    if vain:
        said.append(f"{_begin(vain, 'task')} {'was' if vain == 1 else 'were'} attempted and earned nothing.")
    if left:
        said.append(f"{_begin(left, 'task')} {'was' if left == 1 else 'were'} not attempted.")
    total = score.total
    if total.coverage < 99.95:
        low, high = percent(total.low), percent(total.high)
        moved = (
            f"with all of them lost the score would be {low}, with all of them won {high}"
            if low != high
            else "that moves the score by less than one"
        )
        said.append(f"{percent(100 - total.coverage)} % of the points could not be decided: {moved}.")
    return said


def strengths(score: Score) -> list[Remark]:
    """What was done best: whole competencies first, then the hardest tasks that were solved in full.

    Args:
        score: of a run.
    """
    several = len(score.competencies) > 1
    strong = sorted(
        (
            (competency.bounds.offered, -index, competency)
            for index, competency in enumerate(score.competencies)
            if several and competency.bounds.low >= _STRONG
        ),
        reverse=True,
        key=lambda item: item[:2],
    )
    remarks = [
        Remark(
            anchor=f"c{-index + 1}", title=c.title, where="", code=False,
            text=f"{percent(c.bounds.score)} %, {_of(_solved(c), len(c.tasks))} in full",
        )
        for _, index, c in strong[: _STRENGTHS // 2]
    ]  # fmt: skip
    solved = [(anchor, title, task) for (anchor, title), task in _tasks(score) if task.standing == "passed"]
    solved.sort(key=lambda item: (_rank(item[2].level), item[2].points), reverse=True)
    remarks += [
        Remark(
            anchor=anchor, title=task.name, where=title if several else "",
            text=f"{task.level}, {count(len(task.checks), 'check')} passed",
        )
        for anchor, title, task in solved[: _STRENGTHS - len(remarks)]
    ]  # fmt: skip
    return remarks


def next_steps(score: Score) -> list[Remark]:
    """What to do next, in the order of ``to_do``.

    Args:
        score: of a run.
    """
    several = len(score.competencies) > 1
    failed, left = to_do([((anchor, title if several else ""), task) for (anchor, title), task in _tasks(score)])
    remarks = [Remark(anchor=a, title=t.name, where=w, text=why(t)) for (a, w), t in failed]
    remarks += [
        Remark(anchor=a, title=t.name, where=w, text=f"not attempted; {t.level}, about {count(t.minutes, 'minute')}")
        for (a, w), t in left
    ]
    return remarks[:_STEPS]


def to_do(
    tasks: Iterable[tuple[_Place, TaskScore]],
) -> tuple[list[tuple[_Place, TaskScore]], list[tuple[_Place, TaskScore]]]:
    """What was begun and fails, and what was not begun.

    Both begin with the lower levels, which are sooner mended and which the higher ones stand on; what fails is then
    ordered by the points that are missing.

    Args:
        tasks: each with whatever tells its place.
    """
    pairs = list(tasks)
    failed = [pair for pair in pairs if pair[1].standing in ("partly", "failed", "error") and pair[1].missing > 0]
    failed.sort(key=lambda pair: (_rank(pair[1].level), -pair[1].missing))
    left = [pair for pair in pairs if pair[1].outcome == "not attempted"]
    left.sort(key=lambda pair: _rank(pair[1].level))
    return failed, left


def _tasks(score: Score) -> Iterator[tuple[tuple[str, str], TaskScore]]:
    for i, competency in enumerate(score.competencies, 1):
        for j, task in enumerate(competency.tasks, 1):
            yield (f"c{i}t{j}", competency.title), task


def _solved(competency: CompetencyScore) -> int:
    return sum(task.standing == "passed" for task in competency.tasks)


def why(task: TaskScore) -> str:
    """What the first check that failed says, or the first that has not its whole credit.

    Args:
        task: that was begun.
    """
    for check in sorted(task.checks, key=lambda check: check.result.outcome != "failed"):
        if check.result.outcome == "failed" or (check.result.outcome == "passed" and check.result.credit < 1):
            return check.result.message or check.result.title or check.result.check
    return "a part of it was not attempted"


def _by_level(tasks: list[TaskScore]) -> str:
    parts = []
    for level in LEVELS:
        here = [task.standing == "passed" for task in tasks if task.level == level]
        if here:
            parts.append(f"{sum(here)} of {len(here)} at {level} level")
    return f": {', '.join(parts)}" if len(parts) > 1 else ""


def _of(part: int, whole: int) -> str:
    if part == whole:
        return "the one task" if whole == 1 else f"all {whole} tasks"
    return f"{part or 'none'} of {count(whole, 'task')}"


def _begin(number: int, noun: str) -> str:
    return f"One {noun}" if number == 1 else count(number, noun)


def _rank(level: str) -> int:
    return [*LEVELS].index(level) if level in LEVELS else -1
