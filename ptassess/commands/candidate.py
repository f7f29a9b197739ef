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
    find_task,
    kit_here,
    print_json,
    print_problems,
)
from ptassess.errors import UserError


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
    """List the competencies and their tasks: those of the folder challenges/ here, and those that are installed."""
    found = catalogue_of(pack, Path("challenges"))
    if as_json:
        print_json([_challenge_facts(challenge) for challenge in found.challenges.values()])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("", "competency", "task", "level", "minutes", "points", box=None, pad_edge=False)
    for challenge in found.challenges.values():
        for index, task in enumerate(challenge.tasks):
            number = str(challenge.syllabus or "") if index == 0 else ""
            slug = challenge.slug if index == 0 else ""
            table.add_row(number, slug, task.name, task.level, str(task.minutes), f"{task.points:g}")
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
        text += f"\n\n{chosen.level}, about {chosen.minutes} minutes, {chosen.points:g} points"
    Console().print(Markdown(text))


def hint(task: Annotated[str, typer.Argument(help="A task, or competency.task.")]) -> None:
    """Show the hint for a task. It costs nothing."""
    from ptassess.brief import hint_for

    found = catalogue_of(None, Path("challenges"))
    slug, name = find_task(found, task)
    told = hint_for(found.challenge(slug).brief(), name)
    if told is None:
        raise UserError(f"{name}: there is no hint for it; `ptassess show {name}` shows the brief")
    number, text = told
    typer.echo(f"Hint {number}, {slug}.{name} (hints cost nothing):")
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
    kit_here(root)
    keeper = practice.Keeper()
    challenges = list(catalogue_of(None, Path("challenges")).challenges.values())
    here = [c for c in challenges if c.home.is_relative_to(root.resolve())]

    def run(tasks: list[str]) -> None:
        practice.clear_screen()
        typer.secho(f"{datetime.now().astimezone():%H:%M:%S}  {', '.join(tasks)}", bold=True)
        practice.run_checks(root, tasks, keeper, "-rN")

    try:
        practice.run_checks(root, (), keeper, "--tb=no", "-rN")
        typer.echo("Watching solutions/; save a file to run its checks, Ctrl-C ends.")
        practice.watch(root, here, run)
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
    typer.echo("Hand in this file." if not lines else "Hand in this file, or mend the lines above first.")


def _challenge_facts(challenge: Any) -> dict[str, Any]:
    return {
        "slug": challenge.slug,
        "title": challenge.title,
        "syllabus": challenge.syllabus,
        "tier": challenge.tier,
        "tasks": [
            {"name": t.name, "level": t.level, "points": t.points, "minutes": t.minutes, "kind": t.kind}
            for t in challenge.tasks
        ],
    }
