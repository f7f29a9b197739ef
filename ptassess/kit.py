"""The candidate's kit: a folder with all that is public, starters to edit, and a first page that says what to type."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ptassess._version import __version__
from ptassess.challenge import Challenge
from ptassess.errors import UserError
from ptassess.exam import DEFAULT_EXAM_SEED
from ptassess.quiz import Quiz

FACTS = "ptassess.toml"

_PYTEST_INI = """\
# Makes bare `pytest` and an IDE's test explorer work in this folder.
[pytest]
addopts = --import-mode=importlib
testpaths = challenges
ptassess_submission = .
"""

_README = """\
# Your kit

You write code in `solutions/`, and the checks in `challenges/` tell you how it fares. Nothing else needs to change.

```console
$ pytest challenges/                      # all checks, as often as you like
$ pytest challenges/{first} -k {task}
$ ptassess show {first}                   # the brief, in the terminal
```

1. Read `challenges/<name>/brief.md`: what to build, and what is free.
2. Edit `solutions/<name>.py`: replace each `raise NotImplementedError`. Where there is a `solutions/<name>.quiz.toml`,
   write the answers between the quotes.
3. Run the checks. A failed one says what it expected, what it got, and what to look at.

What you can run here is *practice*. When your work is graded, private checks and other inputs are used as well, and
only the files in `solutions/` count: changes to anything else have no effect. Here, a quiz is only read: whether its
answers are right shows in grading. "60 %, between 50 and 62, 88 % decided" says that 12 % of the points are still open,
and what the score becomes if all of those fall one way or the other.

## An order to work in

{order}
"""


def start(
    target: Path,
    challenges: Sequence[Challenge],
    *,
    candidate: str = "",
    exam_seed: int = DEFAULT_EXAM_SEED,
) -> list[str]:
    """Make a kit.

    Args:
        target: the folder; it must not exist, or be empty.
        challenges: what is asked.
        candidate: name, or empty.
        exam_seed: seed of the quiz.

    Returns:
        The three commands to type next.

    Raises:
        UserError: one line, if the folder is in use or cannot be written to, or nothing is asked.
    """
    if not challenges:
        raise UserError("no challenge to start with; `ptassess doctor` says where they are looked for")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target}: not empty; name a new folder, nothing is overwritten")
    try:
        (target / "solutions").mkdir(parents=True, exist_ok=True)
        for challenge in challenges:
            _add(target, challenge, exam_seed)
        (target / "pytest.ini").write_text(_PYTEST_INI, encoding="utf-8")
        (target / FACTS).write_text(_facts(candidate, exam_seed), encoding="utf-8")
        first = challenges[0]
        readme = _README.format(first=first.slug, task=first.tasks[0].name, order=_order(challenges))
        (target / "README.md").write_text(readme, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); name another folder") from None
    editor = os.environ.get("EDITOR", "your editor")
    return [f"cd {target}", f"{editor} solutions/{challenges[0].slug}.py", "pytest challenges/"]


def exam_seed_of(root: Path) -> int | None:
    """The exam seed that a kit was made with; None if the folder is no kit.

    Args:
        root: of the submission.
    """
    try:
        facts: dict[str, Any] = tomllib.loads((root / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    seed = facts.get("exam_seed")
    return seed if isinstance(seed, int) else None


def _add(target: Path, challenge: Challenge, exam_seed: int) -> None:
    home, slug = challenge.home, challenge.slug
    public = target / "challenges" / slug
    # The starter becomes the solution; a copy of it beside the checks would only be edited by mistake.
    shutil.copytree(home, public, ignore=shutil.ignore_patterns("private", "__pycache__", "starter.py", "*.pyc"))
    shutil.copyfile(home / "starter.py", target / "solutions" / f"{slug}.py")
    if (home / "quiz.py").is_file():
        quiz = Quiz.open(home / "quiz.py", answers=None, private=None, exam_seed=exam_seed)
        (target / "solutions" / f"{slug}.quiz.toml").write_text(quiz.render(), encoding="utf-8")


def _facts(candidate: str, exam_seed: int) -> str:
    name = json.dumps("".join(c for c in candidate if c.isprintable()), ensure_ascii=False)  # TOML's strings are alike
    return (
        "# What this kit was made for. Grading does not read this file.\n"
        f'candidate = {name}\nexam = "everything"\nexam_seed = {exam_seed}\nptassess = "{__version__}"\n'
    )


def _order(challenges: Sequence[Challenge]) -> str:
    lines = []
    for challenge in challenges:
        minutes = sum(task.minutes for task in challenge.tasks)
        lines.append(f"**{challenge.title}** (`solutions/{challenge.slug}.py`, about {minutes} minutes)\n")
        lines += [
            f"{number}. `{task.name}`: {task.level}, about {task.minutes} minutes, {task.points:g} points"
            for number, task in enumerate(challenge.tasks, 1)
        ]
        lines.append("")
    return "\n".join(lines).rstrip()
