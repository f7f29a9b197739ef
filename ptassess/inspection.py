"""What can be seen of a challenge without running its checks: its files, its brief, its names, its quiz."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ptassess import bands
from ptassess.brief import section
from ptassess.errors import ContentError, PtassessError
from ptassess.quiz import Quiz, solved

if TYPE_CHECKING:
    from pathlib import Path

    from ptassess.challenge import Challenge, Task

MUTANTS_PER_TASK = 3
_PUBLIC = {
    "challenge.py",
    "brief.md",
    "starter.py",
    "baseline.py",
    "probes.py",
    "quiz.py",
    "calibration.toml",
    "assets",
}
_PRIVATE = {"reference.py", "quiz.py", "calibration.toml", "mutants", "alternatives"}
_SECTIONS = ("Goal", "What you build", "Rules", "Out of scope", "Hints", "Further reading")


@dataclass
class Report:
    """What admission found of one challenge.

    Args:
        slug: of the challenge.
        tier: that it claims.
        seeds: how many were tried.
        problems: what stands against admission, one line each.
        advice: what does not.
        figures: counts and times for the reader.
    """

    slug: str
    tier: str
    seeds: int
    problems: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def admitted(self) -> bool:
        """Whether nothing stands against it."""
        return not self.problems

    def facts(self) -> dict[str, Any]:
        """As plain data."""
        return {"admitted": self.admitted, **vars(self)}


def complain(report: Report, line: str, *, core_only: bool = False) -> None:
    """Note what stands against admission.

    Args:
        report: changed in place.
        line: what, where, and what to do.
        core_only: whether a draft gets it as advice.
    """
    if core_only and report.tier == "draft":
        report.advice.append(f"for core: {line}")
    else:
        report.problems.append(line)


def examine_files(challenge: Challenge, private: Path, report: Report) -> None:
    """Look for files that are missing or do not belong, for names that are not defined, and into the brief.

    Args:
        challenge: the public half.
        private: the private half.
        report: changed in place.
    """
    home, slug = challenge.home, challenge.slug
    public_test, private_test = f"test_{slug}.py", f"test_{slug}_private.py"
    for folder, allowed in ((home, _PUBLIC | {public_test, "private"}), (private, _PRIVATE | {private_test})):
        strays = (path.name for path in folder.iterdir() if path.name not in allowed and path.name != "__pycache__")
        for name in sorted(strays):
            complain(report, f"{name}: no such file belongs in {folder.name}/; move it to assets/ or remove it")
    for path in (home / "brief.md", home / "starter.py"):
        if not path.is_file():
            complain(report, f"{path.name} is missing")
    if not (home / public_test).is_file() and not (private / private_test).is_file():
        complain(report, f"{public_test} is missing: a challenge needs at least one check")
    for path in (home / public_test, private / private_test):
        if not path.is_file():
            complain(report, f"{path.name} is missing", core_only=True)
    for half, test in ((home, public_test), (private, private_test)):
        _examine_bands(half, half / test, slug, report)
    _examine_names(challenge, private, report)
    _examine_brief(challenge, report)


def _examine_bands(half: Path, test: Path, slug: str, report: Report) -> None:
    """Bands are of the checks beside them: those of private checks would tell candidates what is looked at."""
    if not (half / bands.FILE).is_file():
        return
    try:
        checks = {check.partition("[")[0] for check in bands.read(half, slug)}
    except ContentError as error:
        complain(report, str(error))
        return
    for name in sorted(checks - _defined_in(test)):
        told = f"no check of {test.name}; write it again with `ptassess calibrate {slug}`"
        complain(report, f"{half.name}/{bands.FILE} has bands of {name}, {told}")


def _examine_names(challenge: Challenge, private: Path, report: Report) -> None:
    for path in (challenge.home / "starter.py", private / "reference.py"):
        missing = {task.name for task in code_tasks(challenge)} - _defined_in(path)
        for name in sorted(missing) if path.is_file() else ():
            complain(report, f"{path.name} does not define {name}")
    for task in code_tasks(challenge):
        count = len(list((private / "mutants").glob(f"{task.name}__*.py")))
        if count < MUTANTS_PER_TASK:
            told = f"mutants of {task.name}: {count}, asked for are at least {MUTANTS_PER_TASK}"
            complain(report, told, core_only=True)


def classes_in(path: Path) -> set[str]:
    """Names of the classes that a file defines at its top level.

    Args:
        path: a Python file that can be parsed, or none at all.
    """
    body = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
    return {node.name for node in body if isinstance(node, ast.ClassDef)}


def _defined_in(path: Path) -> set[str]:
    """Names that a file defines or imports at its top level; none of a file that cannot be parsed."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _examine_brief(challenge: Challenge, report: Report) -> None:
    brief = challenge.brief()
    for name in _SECTIONS:
        if not section(brief, name):
            complain(report, f"brief.md has no section {name!r}", core_only=True)
    for task in challenge.tasks:
        if not section(brief, task.name):
            complain(report, f"brief.md has no heading that names {task.name}", core_only=True)


def examine_import(challenge: Challenge, report: Report) -> None:
    """Look whether ``challenge.py`` imports torch.

    Args:
        challenge: the public half.
        report: changed in place.
    """
    code = f"import sys, ptassess.registry as r, pathlib as p; r.load_challenge(p.Path({str(challenge.home)!r})); "
    code += "sys.exit('torch' in sys.modules)"
    if subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode:  # noqa: S603  our own interpreter
        complain(report, "importing challenge.py imports torch; move that import into the checks")


def examine_quiz(challenge: Challenge, private: Path, report: Report) -> None:
    """Draw and solve the quiz on as many exam seeds as the report asks for.

    Args:
        challenge: with a ``quiz.py``.
        private: the private half.
        report: changed in place.
    """
    for seed in range(report.seeds):
        try:
            quiz = Quiz.open(challenge.home / "quiz.py", answers=None, private=private, exam_seed=seed)
            right = Quiz(**{**vars(quiz), "answers": solved(quiz)})
            for name, question in quiz.questions.items():
                right.check(name)
                if question.kind == "choice" and any(
                    len({text for _, text in p.choices}) < len(question.choices) for p in quiz.parts(name)
                ):
                    complain(report, f"quiz {name}: two choices read alike on exam seed {seed}")
        except (PtassessError, AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            complain(report, f"quiz on exam seed {seed}: {type(error).__name__}: {error}")
            return


def code_tasks(challenge: Challenge) -> list[Task]:
    """Its tasks that are written as code.

    Args:
        challenge: any.
    """
    return [task for task in challenge.tasks if task.kind == "code"]
