"""What a candidate types."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ptassess.commands.shared import (
    Json,
    Packs,
    catalogue_of,
    exam_and_packs,
    exam_here,
    find_task,
    kit_here,
    print_json,
    print_problems,
)
from ptassess.errors import UserError

_NAMED = 4  # tasks that fit on a line


def start(  # noqa: PLR0913, PLR0917  the command's options
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="A competency; default: all.")
    ] = None,
    exam: Annotated[
        str, typer.Option(metavar="EXAM", help="An exam.toml, or a ready exam: `ptassess exam list`.")
    ] = "everything",
    candidate: Annotated[str, typer.Option(metavar="ID", help="The candidate's name.")] = "",
    exam_seed: Annotated[int | None, typer.Option(help="Seed of the quiz; graders must use the same.")] = None,
    pack: Packs = None,
) -> None:
    """Make a candidate's kit: briefs, starters, public checks, and a page that says what to type."""
    from ptassess import kit

    chosen, packs = exam_and_packs(exam, exam_seed, pack)
    found = catalogue_of(packs, *(folder / slug for slug in only or () for folder in (Path(), Path("challenges"))))
    challenges = [found.challenge(slug) for slug in only] if only else list(found.challenges.values())
    commands = kit.start(target, challenges, chosen, candidate=candidate)
    count = len(chosen.offered(challenges))
    minutes = chosen.minutes_for(challenges)
    typer.echo(f"{target}: {count} competenc{'y' if count == 1 else 'ies'}, about {minutes} minutes.")
    typer.echo("Next:")
    for command in commands:
        typer.secho(f"  {command}", bold=True)


def list_(pack: Packs = None, as_json: Json = False) -> None:  # noqa: FBT002
    """List the competencies and their tasks: in a kit those of its exam, else all in challenges/ here or installed."""
    found = catalogue_of(pack, Path("challenges"))
    exam = exam_here()
    asked = exam.offered(found.challenges.values())
    if as_json:
        print_json([_challenge_facts(found.challenge(slug), tasks) for slug, tasks in asked.items()])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("", "competency", "task", "level", "minutes", "points", box=None, pad_edge=False)
    for slug, tasks in asked.items():
        for index, task in enumerate(tasks):
            number = str(found.challenge(slug).syllabus or "") if index == 0 else ""
            points = f"{exam.points(slug, task):g}"
            table.add_row(number, "" if index else slug, task.name, task.level, str(task.minutes), points)
    Console().print(table)
    print_problems(found.problems)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A competency, a task, or competency.task.")],
    pack: Packs = None,
) -> None:
    """Show a competency's brief, or a task's part of it."""
    from rich.console import Console
    from rich.markdown import Markdown

    from ptassess.brief import section

    found = catalogue_of(pack, Path("challenges"))
    slug, task = (name, "") if name in found.challenges else find_task(found, name)
    challenge = found.challenge(slug)
    text = challenge.brief() or f"# {challenge.title}\n\n(no brief)"
    if task:
        chosen = challenge.task(task)
        text = section(text, task) or f"## {task}\n\n(the brief has no section on it)"
        points = exam_here().points(slug, chosen)
        text += f"\n\n{chosen.level}, about {chosen.minutes} minutes, {points:g} points"
    console = Console()
    with console.capture() as shown:
        console.print(Markdown(text))
    typer.echo("\n".join(line.rstrip() for line in shown.get().splitlines()))  # rich fills every line with blanks


def hint(task: Annotated[str, typer.Argument(help="A task, or competency.task.")]) -> None:
    """Show the hint for a task. It costs nothing."""
    from ptassess.brief import hint_for

    found = catalogue_of(None, Path("challenges"))
    slug, name = find_task(found, task)
    told = hint_for(found.challenge(slug).hints(), name)
    if told is None:
        raise UserError(f"{name}: there is no hint for it; `ptassess show {name}` shows the brief")
    number, text = told
    typer.echo(f"Hint for {slug}.{name} (number {number} of its competency; hints cost nothing):")
    typer.secho(f"  {text}", bold=True)


def progress() -> None:
    """In a kit: run all checks, and show where you stand and what to do next."""
    from ptassess import practice

    root = Path.cwd()
    exam = kit_here(root)
    keeper = practice.Keeper()
    try:
        practice.run_checks(root, (), keeper, "--tb=no", "-rN")
    finally:
        keeper.close()
    if exam.deadline:
        left = datetime.fromisoformat(exam.deadline) - datetime.now(UTC)
        told = f"{left.days} days and {left.seconds // 3600} hours" if left.days >= 0 else "no time"
        typer.echo(f"{told} left until {exam.deadline}")


def watch() -> None:
    """In a kit: run what each save affects, until Ctrl-C."""
    from ptassess import practice

    root = Path.cwd()
    exam = kit_here(root)
    keeper = practice.Keeper()
    challenges = list(catalogue_of(None, Path("challenges")).challenges.values())
    here = [c for c in challenges if c.home.is_relative_to(root.resolve())]

    def run(tasks: list[str]) -> None:
        asked = [name for name in tasks if exam.offers(*name.split("."))]
        if not asked:
            return
        practice.clear_screen()
        told = ", ".join(asked) if len(asked) <= _NAMED else f"{len(asked)} tasks"
        typer.secho(f"{datetime.now().astimezone():%H:%M:%S}  {told}", bold=True)
        practice.run_checks(root, asked, keeper, "-rN")

    def begin() -> None:
        typer.echo("All checks once; after that, each save of a file in solutions/ runs those that it affects.")
        practice.run_checks(root, (), keeper, "--tb=no", "-rN")
        typer.echo("Watching solutions/. Ctrl-C ends.")

    try:
        practice.watch(root, here, run, begin=begin)
    except KeyboardInterrupt:
        typer.echo("")
    finally:
        keeper.close()


def submit(
    out: Annotated[Path, typer.Option(metavar="FILE.zip", help="Where the archive goes.")] = Path("submission.zip"),
) -> None:
    """In a kit: check the size and syntax of what is in solutions/, and pack it into one file."""
    from ptassess import archive, kit
    from ptassess.submission import Submission

    root = Path.cwd()
    exam = kit_here(root)
    if out.suffix != ".zip":
        raise UserError(f"{out}: the archive's name ends in .zip")
    submission = Submission.open(root)
    lines = archive.complaints(submission)
    for line in lines:
        typer.secho(f"ptassess: {line}", fg="yellow", err=True)
    manifest = archive.pack(submission, out, candidate=kit.facts_of(root).candidate, exam=exam)
    size = out.stat().st_size / 1024
    typer.echo(f"{out}: {len(manifest.files)} files, {size:.0f} KiB, digest {manifest.digest[:16]}")
    typer.echo("Hand in this file." if not lines else f"Mend what is said above, or hand in {out} as it is.")


def _challenge_facts(challenge: Any, tasks: list[Any]) -> dict[str, Any]:
    return {
        "slug": challenge.slug,
        "title": challenge.title,
        "syllabus": challenge.syllabus,
        "tier": challenge.tier,
        "tasks": [
            {"name": t.name, "level": t.level, "points": t.points, "minutes": t.minutes, "kind": t.kind} for t in tasks
        ],
    }
