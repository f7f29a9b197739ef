"""Admission of challenges: the checks are themselves checked before they judge anybody.

Asked of every challenge: the folder holds what it should; the untouched starter ends as *not attempted*; the
reference, and every other right solution in ``private/alternatives``, has full points on every seed. Asked of ``core``
as well: at least three mutants a task, each caught by the check that it names; trivial answers earn nothing in any
task; no check ends in an exception of its own; and meters decide no more of the points than a verified run allows.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess import margins, trials
from ptassess.errors import JudgeError, PtassessError, UserError
from ptassess.inspection import Report, classes_in, code_tasks, complain, examine_files, examine_import, examine_quiz
from ptassess.matrix import MatrixResult, PlannedEntry
from ptassess.quiz import DRAWS, Quiz, solved
from ptassess.stamping import MOST_ADVISORY, too_advisory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptassess.challenge import Challenge
    from ptassess.registry import Catalogue
    from ptassess.result import CheckResult

_NAMED = 3  # seeds that a message names one by one
_CAUGHT_BY = "# caught by:"
_REFERENCE, _STARTER, _TRIVIAL, _MUTANT, _ALTERNATIVE = "reference", "starter", "trivial:", "mutant:", "alternative:"
# A tolerance of which the reference itself uses more than half may be too little on another machine: the largest
# errors over 20 seeds are seldom the largest there are.
_LEAST_ROOM = 0.5

# Each is executed on top of the reference and returns something of the right shape without doing the work.
_TRIVIAL_ANSWERS = {
    "zeros": "_like(out, lambda t: torch.zeros_like(t))",
    "ones": "_like(out, lambda t: torch.ones_like(t))",
    "mean": "_like(out, lambda t: torch.full_like(t, _mean(args)) if t.is_floating_point() else torch.zeros_like(t))",
    "nan": "_like(out, lambda t: torch.full_like(t, float('nan')) if t.is_floating_point() else t * 0)",
    "input": "args[0] if args and not callable(args[0]) else None",
    "none": "None",
    "constant": "0.0",
}
_TRIVIAL_SOURCE = """\
import torch
from torch.utils._pytree import tree_leaves, tree_map

def _like(out, make):
    return tree_map(lambda leaf: make(leaf) if isinstance(leaf, torch.Tensor) else 0.0, out)

def _mean(args):
    tensors = [leaf for leaf in tree_leaves(args) if isinstance(leaf, torch.Tensor) and leaf.numel()]
    return tensors[0].double().mean().item() if tensors else 0.0

def _trivial(reference):
    def answer(*args, **kwargs):
        try:
            out = reference(*args, **kwargs)
        except Exception:  # a refusal is an answer too, and not a trivial one
            return None
        return {expression}
    return answer

for _name in {names!r}:
    if callable(globals().get(_name)) and not isinstance(globals()[_name], type):
        globals()[_name] = _trivial(globals()[_name])
"""


def admit(
    challenges: Sequence[Challenge],
    catalogue: Catalogue,
    *,
    seeds: int = 1,
    jobs: int = 1,
    progress: Callable[[str, int], None] | None = None,
) -> list[Report]:
    """Examine challenges. What was found before for the same files and seeds is not run again.

    Args:
        challenges: to examine.
        catalogue: that knows their private halves.
        seeds: run seeds to try.
        jobs: processes.
        progress: called now and then with a slug and how many verdicts there are so far.

    Returns:
        One report a challenge.

    Raises:
        UserError: if the private half is not installed.
    """
    reports = []
    for challenge in challenges:
        private = catalogue.private.get(challenge.slug)
        if private is None or not (private / "reference.py").is_file():
            raise UserError(f"{challenge.slug}: no private/reference.py; install ptassess-grader, or write it")
        report = Report(challenge.slug, challenge.tier, seeds)
        examine_files(challenge, private, report)
        examine_import(challenge, report)
        if (challenge.home / "quiz.py").is_file():
            examine_quiz(challenge, private, report)
        _examine_runs(challenge, private, report, jobs, progress)
        reports.append(report)
    return reports


def print_report(report: Report) -> None:
    """Print a report.

    Args:
        report: of one challenge.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    verdict = f"[green]admitted as {report.tier}[/green]" if report.admitted else "[red]not admitted[/red]"
    told = ", ".join(_count(value, name) for name, value in report.figures.items())
    console.print(f"[bold]{report.slug}[/bold]: {verdict} ({report.seeds} seed{'s' * (report.seeds != 1)}; {told})")
    for problem in report.problems:
        console.print(f"  [red]✗[/red] {escape(problem)}")
    for line in report.advice:
        console.print(f"  [dim]· {escape(line)}[/dim]")


def _count(value: Any, name: str) -> str:
    return f"{value} {name.removesuffix('s') if value == 1 and name.endswith('s') else name}"


# -- what has to be run ----------------------------------------------------------------------------------------


def _examine_runs(
    challenge: Challenge, private: Path, report: Report, jobs: int, progress: Callable[[str, int], None] | None
) -> None:
    with tempfile.TemporaryDirectory(prefix="ptassess-") as folder:
        entries = _plan(challenge, private, report, Path(folder))
        results, complaints = trials.run(challenge, private, entries, jobs=jobs, progress=progress)
    for line in complaints:
        complain(report, line)
    if not results and report.problems:
        return
    by_entry: dict[str, list[MatrixResult]] = {entry.id: [] for entry in entries}
    for result in results:
        by_entry[result.id].append(result)
    _judge_reference(challenge, by_entry[_REFERENCE], report)
    for name, found in by_entry.items():
        if name.startswith(_ALTERNATIVE):
            _judge_right(f"alternatives/{name.removeprefix(_ALTERNATIVE)}.py", found, report)
    for result in by_entry[_STARTER]:
        if result.result.outcome != "not attempted":
            told = f"{result.result.outcome}: {result.result.message}"
            complain(report, f"the starter does not end as not attempted in {result.result.check} ({told})")
    _judge_mutants(by_entry, report)
    _judge_trivial(by_entry, report, classes_in(private / "reference.py"))
    raw = sorted({(r.id, r.result.check, r.result.message) for r in results if r.raw})
    for name, check, message in raw:
        complain(report, f"{check} ends in an exception of its own on {name}: {message}", core_only=True)
    report.figures = {
        "checks": len({r.result.check for r in by_entry[_REFERENCE]}),
        "mutants": sum(name.startswith(_MUTANT) for name in by_entry),
        "alternatives": sum(name.startswith(_ALTERNATIVE) for name in by_entry),
        "s for the reference": round(sum(r.result.seconds for r in by_entry[_REFERENCE]) / report.seeds, 1),
    }


def _plan(challenge: Challenge, private: Path, report: Report, folder: Path) -> list[PlannedEntry]:
    reference = str(private / "reference.py")
    quiz = _write_quizzes(challenge, private, folder)
    slug, all_seeds = challenge.slug, tuple(range(report.seeds))
    entries = [
        PlannedEntry(id=_REFERENCE, challenge=slug, solution=reference, quiz=quiz.get("solved"), seeds=all_seeds),
        PlannedEntry(id=_STARTER, challenge=slug, solution=str(challenge.home / "starter.py"), quiz=quiz.get("empty")),
    ]
    tasks = {task.name for task in challenge.tasks}
    for path in sorted((private / "alternatives").glob("*.py")):
        task = path.stem.partition("__")[0]
        if task not in tasks:
            complain(report, f"alternatives/{path.name}: is named <task>__<how>.py, and there is no such task")
            continue
        entries.append(
            PlannedEntry(
                id=_ALTERNATIVE + path.stem, challenge=slug, task=task,
                solution=reference, overlay=str(path), seeds=all_seeds, timed=False,  # right, however slow
            )
        )  # fmt: skip
    for path in sorted((private / "mutants").glob("*.py")):
        name = path.read_text(encoding="utf-8").partition("\n")[0]
        if not name.startswith(_CAUGHT_BY):
            complain(report, f"mutants/{path.name}: its first line must be `{_CAUGHT_BY} test_…`")
            continue
        if path.stem.partition("__")[0] not in tasks:
            complain(report, f"mutants/{path.name}: is named <task>__<what_is_wrong>.py, and there is no such task")
            continue
        named = name.removeprefix(_CAUGHT_BY).strip()
        # One seed: only the named check. More: every check once, to learn which ones never catch anything alone.
        mutant = PlannedEntry(
            id=f"{_MUTANT}{path.stem}:{named}", challenge=slug, solution=reference, overlay=str(path), timed=False
        )
        if report.seeds > 1:
            entries.append(mutant)
        entries.append(msgspec.structs.replace(mutant, checks=[named], seeds=all_seeds[1:] or (0,)))
    names = [task.name for task in code_tasks(challenge)]
    for kind, expression in _TRIVIAL_ANSWERS.items():
        overlay = folder / f"trivial_{kind}.py"
        source = _TRIVIAL_SOURCE.replace("{expression}", expression).replace("{names!r}", repr(names))
        overlay.write_text(source, encoding="utf-8")
        entries.append(
            PlannedEntry(
                id=_TRIVIAL + kind,
                challenge=slug,
                solution=reference,
                overlay=str(overlay),
                quiz=quiz.get(kind),
                timed=False,  # a property, which earns nothing where the values are wrong
            )
        )
    return entries


def _write_quizzes(challenge: Challenge, private: Path, folder: Path) -> dict[str, str]:
    """Answer files: right, empty, and trivial ones."""
    from ptassess.exam import DEFAULT_EXAM_SEED

    if not (challenge.home / "quiz.py").is_file():
        return {}
    try:
        quiz = Quiz.open(challenge.home / "quiz.py", answers=None, private=private, exam_seed=DEFAULT_EXAM_SEED)
        answers = {"solved": solved(quiz), "empty": {}}
    except (PtassessError, AttributeError, KeyError, TypeError, ValueError):
        return {}  # examine_quiz tells why
    for kind, value in {"zeros": 0, "ones": 1, "mean": "a", "constant": "b"}.items():
        answers[kind] = {name: {"answers": [value] * DRAWS} for name in quiz.questions}
    paths = {}
    for kind, tables in answers.items():
        path = folder / f"{kind}.quiz.toml"
        lines = [f"[{name}]\nanswers = {json.dumps(table['answers'])}\n" for name, table in tables.items()]
        path.write_text("\n".join(lines), encoding="utf-8")
        paths[kind] = str(path)
    return paths


# -- verdicts --------------------------------------------------------------------------------------------------


def _judge_reference(challenge: Challenge, results: list[MatrixResult], report: Report) -> None:
    checked = {result.result.task for result in results}
    for task in challenge.tasks:
        if task.name not in checked:
            complain(report, f"{task.name} has no check")
        elif not any(r.result.task == task.name and r.result.role == "value" for r in results):
            complain(report, f"{task.name} has no value check; properties alone earn nothing")
    seconds = {task.name: task.seconds for task in challenge.tasks}
    used: dict[str, float] = defaultdict(float)
    for result in results:
        found = result.result
        if found.worker_seconds > seconds[found.task]:
            told = f"{found.worker_seconds:.1f} s of {seconds[found.task]:g} s"
            report.advice.append(f"{found.check}: the reference needs {told}; leave a slower machine more room")
        share = found.evidence.get(margins.NAME, 0.0)
        if found.outcome == "passed" and isinstance(share, float):
            used[found.check] = max(used[found.check], share)
    for check, share in used.items():
        if share > _LEAST_ROOM:
            told = f"the reference's largest error is {share:g} of what is allowed"
            report.advice.append(f"{check}: {told}; another machine or seed may fail it")
    _judge_right("the reference", results, report)
    meters = sum(task.points * _share_of_meters(task.name, results) for task in challenge.tasks)
    share = 100 * meters / sum(task.points for task in challenge.tasks)
    if too_advisory(share):
        told = f"{share:.1f} % of its points rest on meters; at most {MOST_ADVISORY:.0f} % do in a verified run"
        complain(report, told, core_only=True)


def _share_of_meters(task: str, results: list[MatrixResult]) -> float:
    weights = {r.result.check: (r.result.weight, r.result.advisory) for r in results if r.result.task == task}
    total = sum(weight for weight, _ in weights.values())
    return sum(weight for weight, advisory in weights.values() if advisory) / total if total else 0.0


def _judge_right(name: str, results: list[MatrixResult], report: Report) -> None:
    """Complain of every check that gives a right solution less than full credit."""
    if not results:
        complain(report, f"no check ran on {name}")
    short: dict[str, list[MatrixResult]] = defaultdict(list)
    for result in results:
        found = result.result
        if found.outcome == "inconclusive":  # the machine's doing: a check that is wrong would have failed it
            report.advice.append(f"{found.check} on seed {result.seed}: {found.message}")
        elif found.outcome not in ("passed", "not assessed") or (found.outcome == "passed" and found.credit < 1):
            short[found.check].append(result)
    for check, mine in short.items():
        told = f"{mine[0].result.outcome}: {mine[0].result.message}"
        complain(report, f"{name} does not have full points: {check} on {_seeds(mine)}: {told}")


def _judge_mutants(by_entry: dict[str, list[MatrixResult]], report: Report) -> None:
    lonely = {_base(result.result) for result in by_entry[_REFERENCE] if result.result.task != "quiz"}
    for name, results in by_entry.items():
        if not name.startswith(_MUTANT):
            continue
        _, stem, named = name.split(":")
        mine = [result for result in results if _base(result.result) == named]
        if not mine:
            complain(report, f"mutants/{stem}.py names {named}, and there is no such check")
        if broken := [result for result in mine if result.result.cause == "missing"]:
            # What cannot even be imported is caught by anything, and proves nothing of the check.
            complain(report, f"mutants/{stem}.py does not run: {broken[0].result.message}")
        caught_on = {result.seed for result in mine if result.result.outcome == "failed"}
        if missed := [result for result in mine if result.seed not in caught_on]:
            complain(report, f"mutants/{stem}.py is not caught by {named} on {_seeds(missed)}")
        caught = {result.result.check for result in results if result.seed == 0 and result.result.outcome == "failed"}
        bases = {check.partition("[")[0] for check in caught}
        if len(bases) == 1:
            lonely -= bases
    if report.seeds > 1 and lonely:
        told = "never the only one to catch a mutant (a mutant that only it catches would show what it is for)"
        report.advice.append(f"{told}: {', '.join(sorted(lonely))}")


def _judge_trivial(by_entry: dict[str, list[MatrixResult]], report: Report, classes: set[str]) -> None:
    for name, results in by_entry.items():
        if not name.startswith(_TRIVIAL):
            continue
        by_task: dict[str, list[CheckResult]] = defaultdict(list)
        for result in results:
            by_task[result.result.task].append(result.result)
            if result.result.cause == "missing" and not report.problems:
                raise JudgeError(f"the trivial answer {name} does not run: {result.result.message}")
        for task, found in by_task.items():
            if task in classes:  # stays the reference's: what a trivial class is, no rule can say; its mutants have to
                continue
            right = all(check.outcome == "passed" for check in found if check.role == "value")
            for check in found:
                if check.outcome == "passed" and (check.role == "value" or right):
                    line = f"a trivial answer ({name.removeprefix(_TRIVIAL)}) earns points in {task}: {check.check}"
                    complain(report, line, core_only=True)


def _seeds(results: list[MatrixResult]) -> str:
    seeds = sorted({result.seed for result in results})
    named = ", ".join(map(str, seeds[:_NAMED]))
    more = f" and {len(seeds) - _NAMED} more" if len(seeds) > _NAMED else ""
    return f"seed{'s' * (len(seeds) != 1)} {named}{more}"


def _base(result: CheckResult) -> str:
    return result.check.partition("[")[0]
