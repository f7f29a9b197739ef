"""The candidate's kit: a folder with all that is public, starters to edit, and a first page that says what to type."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ptassess import brief
from ptassess._version import __version__
from ptassess.challenge import Challenge, Task
from ptassess.errors import UserError
from ptassess.exam import Exam, render
from ptassess.quiz import Quiz

FACTS = "ptassess.toml"
EXAM = "exam.toml"

_PYTEST_INI = """\
# Makes bare `pytest` and an IDE's test explorer work in this folder.
[pytest]
# No check is timed by pytest-benchmark yet; without this it makes a folder here and a long line above every run.
addopts = --import-mode=importlib --benchmark-quiet
testpaths = challenges
ptassess_submission = .
ptassess_exam = exam.toml
"""

_README = """\
# {title}

You write code in `solutions/`, and the checks in `challenges/` tell you how it fares. Nothing else needs to change.

```console
{commands}
```

1. Read `challenges/<name>/brief.md`: what to build, and what is free.
2. Edit `solutions/<name>.py`: replace each `raise NotImplementedError`.
3. Run the checks. A failed one says what it expected, what it got, and what to look at. Every run draws new inputs;
   `--seed` with the number that it printed draws the same ones again.

What you can run here is *practice*. When your work is graded, other inputs are drawn, and private checks look at what
the briefs say beyond the checks here. Only the files in `solutions/` count: changes to anything else have no effect.
A check can have more weight than another; one that any nonsense would pass (frugal, leaves its input alone) earns only
if the task's values are right.
{quiz}
## Rules

{rules}

## An order to work in

{order}
"""


_QUIZ = """
Where there is a `solutions/<name>.quiz.toml`, write the answers between the quotes. Here a quiz is only read: whether
its answers are right shows in grading. "60 %, between 50 and 62, 88 % decided" says that 12 % of the points are still
open, and what the score becomes if all of those fall one way or the other.
"""


class Facts(NamedTuple):
    """What a kit says of itself.

    Args:
        candidate: name, or empty.
        made_by: version of ptassess.
    """

    candidate: str
    made_by: str


def start(target: Path, challenges: Sequence[Challenge], exam: Exam, *, candidate: str = "") -> list[str]:
    """Make a kit.

    Args:
        target: the folder; it must not exist, or be empty.
        challenges: that are installed, or those of them that are wanted.
        exam: what is asked of them.
        candidate: name, or empty.

    Returns:
        The three commands to type next.

    Raises:
        UserError: one line, if the folder is in use or cannot be written to, or nothing is asked.
    """
    offered = exam.offered(challenges)
    if not offered:
        raise UserError("no challenge to start with; `ptassess doctor` says where they are looked for")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target}: not empty; name a new folder, nothing is overwritten")
    chosen = [challenge for challenge in challenges if challenge.slug in offered]
    try:
        (target / "solutions").mkdir(parents=True, exist_ok=True)
        for challenge in chosen:
            _add(target, challenge, exam)
        (target / "pytest.ini").write_text(_PYTEST_INI, encoding="utf-8")
        (target / EXAM).write_text(render(msgspec.structs.replace(exam, packs=())), encoding="utf-8")
        (target / FACTS).write_text(_facts(candidate), encoding="utf-8")
        readme = _README.format(
            title=exam.title if exam.tasks else "Your kit",
            commands=_commands(chosen[0].slug, offered[chosen[0].slug][0].name),
            quiz=_QUIZ if any(task.kind == "quiz" for tasks in offered.values() for task in tasks) else "",
            rules=_rules(exam, chosen),
            order=_order(exam, chosen),
        )
        (target / "README.md").write_text(readme, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); name another folder") from None
    editor = os.environ.get("EDITOR", "your editor")
    return [f"cd {target}", f"{editor} solutions/{chosen[0].slug}.py", "pytest challenges/"]


def facts_of(root: Path) -> Facts:
    """What a kit says of itself.

    Args:
        root: of the kit.

    Raises:
        UserError: if the folder is no kit, or its file cannot be read.
    """
    path = root / FACTS
    if not path.is_file():
        raise UserError(f"{root.resolve()}: not a kit (no {FACTS}); go into the folder that `ptassess start` made")
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    return Facts(str(told.get("candidate", "")), str(told.get("ptassess", "?")))


def _add(target: Path, challenge: Challenge, exam: Exam) -> None:
    home, slug = challenge.home, challenge.slug
    public = target / "challenges" / slug
    # The starter becomes the solution; a copy of it beside the checks would only be edited by mistake.
    shutil.copytree(home, public, ignore=shutil.ignore_patterns("private", "__pycache__", "starter.py", "*.pyc"))
    offered = exam.offered([challenge])[slug]
    left_out = [task.name for task in challenge.tasks if task not in offered]
    page = public / "brief.md"
    if page.is_file():
        text = brief.without_tasks(page.read_text(encoding="utf-8"), left_out)
        if exam.hints == "free":  # in a file of their own, so that nobody reads them unasked
            (public / "hints.md").write_text(brief.section(text, "Hints") + "\n", encoding="utf-8")
        note = f"This exam asks for {_listed(offered)}; the text may name tasks that it leaves out." if left_out else ""
        page.write_text(brief.without_hints(brief.with_note(text, note)), encoding="utf-8")
    if any(task.kind == "code" for task in offered):
        starter = (home / "starter.py").read_text(encoding="utf-8")
        (target / "solutions" / f"{slug}.py").write_text(brief.starter_without(starter, left_out), encoding="utf-8")
    if any(task.kind == "quiz" for task in offered):
        quiz = Quiz.open(home / "quiz.py", answers=None, private=None, exam_seed=exam.seed)
        (target / "solutions" / f"{slug}.quiz.toml").write_text(quiz.render(), encoding="utf-8")


def _facts(candidate: str) -> str:
    name = json.dumps("".join(c for c in candidate if c.isprintable()), ensure_ascii=False)  # TOML's strings are alike
    return f'# Who this kit is for. Grading does not read this file.\ncandidate = {name}\nptassess = "{__version__}"\n'


def _listed(tasks: Sequence[Task]) -> str:
    names = [f"`{task.name}`" for task in tasks]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _commands(slug: str, task: str) -> str:
    rows = [
        ("pytest challenges/", "all checks, as often as you like"),
        (f"pytest challenges/{slug} -k {task}", "those of one task"),
        ("ptassess watch", "leave it running: each save runs what it affects"),
        (f"ptassess show {task}", "a task's part of the brief"),
        (f"ptassess hint {task}", "if you are stuck"),
        ("ptassess progress", "where you stand, and what to do next"),
        ("ptassess submit", "when you are done: checks the files and packs them"),
    ]
    width = max(len(command) for command, _ in rows)
    return "\n".join(f"$ {command:<{width}}  # {told}" for command, told in rows)


def _rules(exam: Exam, challenges: Sequence[Challenge]) -> str:
    lines = [f"- Time: {exam.minutes_for(challenges)} minutes{f', until {exam.deadline}' if exam.deadline else ''}."]
    lines.append(f"- Help from AI: {exam.ai_use}")
    free = "- Hints: `ptassess hint TASK`, as often as you like; they cost nothing."
    lines.append(free if exam.hints == "free" else "- Hints: this exam gives none.")
    told = {"full": "the whole scorecard", "score": "your score", "none": "nothing but that it arrived"}
    lines.append(f"- Afterwards you get to see {told[exam.feedback]}.")
    if exam.cut_scores:
        cuts = ", ".join(f"{name} {cut:g} %" for name, cut in exam.cut_scores.items())
        lines.append(f"- To pass: {cuts}.")
    return "\n".join(lines)


def _order(exam: Exam, challenges: Sequence[Challenge]) -> str:
    lines = []
    for challenge in challenges:
        tasks: list[Task] = exam.offered([challenge])[challenge.slug]
        minutes = sum(task.minutes for task in tasks)
        lines.append(f"**{challenge.title}** (`solutions/{challenge.slug}.py`, about {minutes} minutes)\n")
        lines += [
            f"{number}. `{task.name}`: {task.level}, about {task.minutes} minutes, "
            f"{exam.points(challenge.slug, task):g} points"
            for number, task in enumerate(tasks, 1)
        ]
        left = [f"`{task.name}`" for task in challenge.tasks if task not in tasks]
        if left:
            lines.append(f"\nNot asked in this exam: {', '.join(left)}.")
        lines.append("")
    return "\n".join(lines).rstrip()
