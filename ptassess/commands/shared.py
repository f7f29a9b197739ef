"""What several commands share: finding what the user names, and printing."""

import difflib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ptassess.errors import UserError

Packs = Annotated[list[Path] | None, typer.Option("--pack", metavar="DIR", help="A folder with more challenges.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def find_task(found: Any, name: str) -> tuple[str, str]:
    """The competency and the task that ``task`` or ``competency.task`` names; in a kit, one that its exam asks."""
    slug, _, task = name.rpartition(".")
    if name in found.challenges:
        tasks = ", ".join(t.name for t in found.challenge(name).tasks if exam_here().offers(name, t.name))
        raise UserError(f"{name}: a competency; name one of its tasks: {tasks}")
    owners = {t.name: c.slug for c in reversed(found.challenges.values()) for t in c.tasks if slug in ("", c.slug)}
    if task not in owners:
        known = [*found.challenges, *(t.name for c in found.challenges.values() for t in c.tasks)]
        near = difflib.get_close_matches(task, known, n=1)
        advice = f"is {near[0]!r} meant?" if near else "`ptassess list` shows them"
        raise UserError(f"{name}: no competency or task of that name; {advice}")
    if not exam_here().offers(owners[task], task):
        raise UserError(f"{name}: not asked in this exam; README.md lists what is")
    return owners[task], task


def exam_here() -> Any:
    """The exam of the kit that the user is in, or the one that asks everything."""
    from ptassess import kit
    from ptassess.exam import Exam, read

    return read(Path(kit.EXAM)) if Path(kit.FACTS).is_file() else Exam()


def kit_here(root: Path) -> Any:
    """The exam of the kit that the user is in."""
    from ptassess import kit
    from ptassess.exam import read

    kit.facts_of(root)
    return read(root / kit.EXAM)


def exam_and_packs(name: str, seed: int | None, packs: list[Path] | None) -> tuple[Any, list[Path] | None]:
    """An exam, and the packs that it and the command line name."""
    import msgspec

    from ptassess.exam import find

    exam, path = find(name)
    if seed is not None:
        exam = msgspec.structs.replace(exam, seed=seed)
    named = [*(packs or ()), *((path.parent if path else Path()) / pack for pack in exam.packs)]
    return exam, named or None


def catalogue_of(packs: list[Path] | None, *local: Path) -> Any:
    """What is installed and in packs; before it what lies in ``local``, unless a pack was named."""
    from ptassess.registry import catalogue, with_local

    found = catalogue(tuple(packs or ()))
    return found if packs else with_local(found, local)


def print_problems(problems: list[str]) -> None:
    """Print what a catalogue could not use, a line each, to the error stream."""
    for problem in problems:
        typer.secho(f"ptassess: {problem}", fg="yellow", err=True)


def print_json(value: Any) -> None:
    """Print plain data as JSON."""
    json.dump(value, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
