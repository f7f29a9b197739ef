"""The closing table of a run in the terminal: what was earned, how sure that is, and what to do next."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from ptassess.narrative import to_do, why
from ptassess.submission import left_out
from ptassess.wording import percent

if TYPE_CHECKING:
    from ptassess.result import Run
    from ptassess.scoring import Bounds, CompetencyScore, Score

_BAR = 16
_TASK = 26
_LEGEND = "F foundation, P practitioner, E expert"
_NEXT = 3  # suggestions: few enough to be read

# Symbol, word and colour of each outcome.
_LOOK: dict[str, tuple[str, str, dict[str, bool]]] = {
    "passed": ("✓", "", {"green": True}),
    "partly": ("◐", "", {"yellow": True}),
    "failed": ("✗", "", {"red": True}),
    "error": ("!", "error in the check itself", {"red": True, "bold": True}),
    "not attempted": ("·", "not attempted", {"cyan": True}),
    "not assessed": ("-", "not assessed", {"blue": True}),
    "inconclusive": ("?", "inconclusive", {"yellow": True}),
}


def write(terminal: Any, run: Run, score: Score) -> None:
    """Print the table.

    Args:
        terminal: pytest's terminal reporter.
        run: the facts.
        score: derived from them.
    """
    part = "" if run.complete else " of a part"
    terminal.write_sep("=", f"ptassess · {run.candidate} · {in_words(score.total)}{part}", bold=True)
    for competency in score.competencies:
        _write_competency(terminal, competency)
    if score.competencies:
        terminal.write_line(f"  {_LEGEND}", light=True)
    if run.submission.ignored:
        terminal.write_line(f"Left out of the submission: {left_out(run.submission.ignored)}", yellow=True)
    suggestions = _next(score)
    if suggestions:
        terminal.write_line("")
        terminal.write_line("Next", bold=True)
        for line in suggestions:
            terminal.write_line(_fold(line, terminal))
    if not run.complete:
        terminal.write_line("Only a part of the checks ran; the score is that part's.", yellow=True)
    elif run.stamp == "practice" and not suggestions:
        terminal.write_line("Every check that a kit has holds. Grading has more of them, on what the briefs say beyond")
        terminal.write_line("these: read them once more, sentence by sentence, before you hand in.")
    terminal.write_line("")


def in_words(bounds: Bounds) -> str:
    """A score with its uncertainty: ``78, between 74 and 81, 96 % decided``.

    Args:
        bounds: the points.
    """
    if bounds.score is None:
        return "nothing decided"
    if bounds.coverage > 99.95:  # all but rounding
        return f"{percent(bounds.score)} %"
    return (
        f"{percent(bounds.score)} %, between {percent(bounds.low)} and {percent(bounds.high)}, "
        f"{percent(bounds.coverage)} % decided"
    )


def _write_competency(terminal: Any, competency: CompetencyScore) -> None:
    bounds = competency.bounds
    filled = round(_BAR * (bounds.score or 0) / 100)
    head = f"{competency.title[:_TASK]:<{_TASK + 4}}"
    terminal.write(head, bold=True)
    terminal.write("█" * filled, green=True)
    terminal.write("░" * (_BAR - filled))
    score = "  -  " if bounds.score is None else f"{percent(bounds.score):>3} %"
    terminal.write_line(f"  {score}  {bounds.earned:.1f} of {bounds.offered:g} points")
    for task in competency.tasks:
        symbol, word, colour = _LOOK[task.standing]
        terminal.write(f"  {symbol} ", **colour)
        if not task.checks:
            word = "did not run"
        elif task.kind == "quiz" and task.outcome == "not assessed":  # a kit has no right answers to compare with
            word = "judged in grading"
        passed = sum(check.result.outcome == "passed" for check in task.checks)
        told = word or f"{passed} of {len(task.checks)} checks"
        level = task.level[0].upper()
        terminal.write_line(
            f"{task.name:<{_TASK}} {level}  {told:<{_BAR + 3}} {task.bounds.earned:5.1f} of {task.points:g}"
        )


def _next(score: Score) -> list[str]:
    """What to do next: first what was begun and fails, then what was not begun."""
    failed, left = to_do((competency.slug, task) for competency in score.competencies for task in competency.tasks)
    lines = [f"{slug}: {task.name}: {why(task)}" for slug, task in failed]
    lines += [f"{slug}: {task.name}, about {task.minutes} minutes" for slug, task in left]
    return lines[:_NEXT]


def _fold(line: str, terminal: Any) -> str:
    """A line folded to the terminal's width; a candidate's exception can be long, and two lines are enough of it."""
    width = terminal._tw.fullwidth  # noqa: SLF001  pytest gives no public width
    return textwrap.fill(
        line, width - 1, initial_indent="  ", subsequent_indent="    ", max_lines=2, placeholder=" …",
        break_on_hyphens=False,
    )  # fmt: skip
