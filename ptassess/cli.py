"""The command line. Every command that fails on its input ends with one line and exit status 4."""

from __future__ import annotations

import difflib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ptassess._version import __version__
from ptassess.errors import PtassessError, UserError

app = typer.Typer(
    help="Find out how well somebody can use PyTorch.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Packs = Annotated[list[Path] | None, typer.Option("--pack", metavar="DIR", help="A folder with more challenges.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def main() -> None:
    """Run the command line; the entry point of ``ptassess``."""
    try:
        app()
    except PtassessError as error:
        typer.secho(f"ptassess: {error}", fg="red", err=True)
        raise SystemExit(4) from None


def _version(wanted: bool) -> None:  # noqa: FBT001  typer's callbacks are called so
    if wanted:
        typer.echo(f"ptassess {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,  # noqa: FBT002
) -> None:
    """Find out how well somebody can use PyTorch."""
    del version


@app.command()
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

    chosen, packs = _exam(exam, exam_seed, pack)
    found = _catalogue(packs, *(folder / slug for slug in only or () for folder in (Path(), Path("challenges"))))
    challenges = [found.challenge(slug) for slug in only] if only else list(found.challenges.values())
    commands = kit.start(target, challenges, chosen, candidate=candidate)
    count = len(chosen.offered(challenges))
    minutes = chosen.minutes_for(challenges)
    typer.echo(f"{target}: {count} competenc{'y' if count == 1 else 'ies'}, about {minutes} minutes.")
    typer.echo("Next:")
    for command in commands:
        typer.secho(f"  {command}", bold=True)


@app.command(name="list")
def list_(pack: Packs = None, as_json: Json = False) -> None:  # noqa: FBT002
    """List the competencies and their tasks: those of the folder challenges/ here, and those that are installed."""
    found = _catalogue(pack, Path("challenges"))
    if as_json:
        _print_json([_challenge_facts(challenge) for challenge in found.challenges.values()])
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
    _print_problems(found.problems)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A competency, a task, or competency.task.")],
    pack: Packs = None,
) -> None:
    """Show a competency's brief, or a task's part of it."""
    from rich.console import Console
    from rich.markdown import Markdown

    found = _catalogue(pack, Path("challenges"))
    slug, task = (name, "") if name in found.challenges else _find_task(found, name)
    challenge = found.challenge(slug)
    brief = challenge.home / "brief.md"
    text = brief.read_text(encoding="utf-8") if brief.is_file() else f"# {challenge.title}\n\n(no brief)"
    if task:
        chosen = challenge.task(task)
        text = _section(text, task) or f"## {task}\n\n(the brief has no section on it)"
        text += f"\n\n{chosen.level}, about {chosen.minutes} minutes, {chosen.points:g} points"
    Console().print(Markdown(text))


@app.command()
def grade(  # noqa: PLR0913, PLR0917  the command's options
    submissions: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Submissions, or a folder of them.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")] = Path("graded"),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="A competency; default: all.")
    ] = None,
    isolation: Annotated[str | None, typer.Option(metavar="LEVEL", help="The least isolation to accept.")] = None,
    seed: Annotated[int | None, typer.Option(help="Run seed, to repeat a run; default: a secret one each.")] = None,
    exam: Annotated[str, typer.Option(metavar="EXAM", help="As given to `start`; default: everything.")] = "everything",
    exam_seed: Annotated[int | None, typer.Option(help="Seed of the quiz, as given to `start`.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Submissions at the same time.")] = 1,
    executor: Annotated[str, typer.Option(metavar="NAME", help="What runs them; plugins bring more.")] = "threads",
    roster: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Columns submission, candidate; default: roster.csv among them."),
    ] = None,
    pack: Packs = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Grade submissions: a run file and a scorecard each, and an index that ranks them."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from ptassess import grading

    found, taken = grading.find(submissions)
    console = Console(stderr=True)
    if not as_json:
        console.print(taken, highlight=False, soft_wrap=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("about"), TimeRemainingColumn(), TextColumn("left"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=as_json) as bar:
        work = bar.add_task("grading", total=len(found))
        results = grading.grade(
            found,
            out,
            seed=seed,
            exam=exam,
            exam_seed=exam_seed,
            isolation=isolation,
            packs=pack or (),
            only=only or (),
            jobs=jobs,
            executor=executor,
            roster=roster or next((p / "roster.csv" for p in submissions if (p / "roster.csv").is_file()), None),
            progress=lambda _: bar.advance(work),
        )
    if as_json:
        _print_json([_graded_facts(graded) for graded in results])
    else:
        _print_ranking(results, out)
    if any(graded.run is None for graded in results):
        raise typer.Exit(1)


@app.command()
def hint(task: Annotated[str, typer.Argument(help="A task, or competency.task.")]) -> None:
    """Show the hint for a task. It costs nothing."""
    from ptassess.kit import hint_for

    found = _catalogue(None, Path("challenges"))
    slug, name = _find_task(found, task)
    challenge = found.challenge(slug)
    brief = challenge.home / "brief.md"
    told = hint_for(brief.read_text(encoding="utf-8"), name) if brief.is_file() else None
    if told is None:
        raise UserError(f"{name}: there is no hint for it; `ptassess show {name}` shows the brief")
    number = [t.name for t in challenge.tasks].index(name) + 1
    typer.echo(f"Hint {number}, {slug}.{name} (hints cost nothing):")
    typer.secho(f"  {told}", bold=True)


@app.command()
def progress() -> None:
    """In a kit: run all checks, and show where you stand and what to do next."""
    from ptassess import practice

    root = Path.cwd()
    exam = _kit(root)
    keeper = practice.Keeper()
    try:
        practice.run_checks(root, (), keeper, "--tb=no", "-rN")
    finally:
        keeper.close()
    if exam.deadline:
        left = datetime.fromisoformat(exam.deadline) - datetime.now(UTC)
        told = f"{left.days} days and {left.seconds // 3600} hours" if left.days >= 0 else "no time"
        typer.echo(f"{told} left until {exam.deadline}")


@app.command()
def watch() -> None:
    """In a kit: run what each save affects, until Ctrl-C."""
    from ptassess import practice

    root = Path.cwd()
    _kit(root)
    keeper = practice.Keeper()
    challenges = list(_catalogue(None, Path("challenges")).challenges.values())
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


@app.command()
def submit(
    out: Annotated[Path, typer.Option(metavar="FILE.zip", help="Where the archive goes.")] = Path("submission.zip"),
) -> None:
    """In a kit: check the size and syntax of what is in solutions/, and pack it into one file."""
    from ptassess import archive, kit
    from ptassess.submission import Submission

    root = Path.cwd()
    exam = _kit(root)
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


@app.command()
def reproduce(
    run_file: Annotated[Path, typer.Argument(metavar="RUN.json", help="A run file of `ptassess grade`.")],
    submission: Annotated[Path, typer.Argument(metavar="SUBMISSION", help="The folder or archive that it judged.")],
    exam: Annotated[str, typer.Option(metavar="EXAM", help="The exam, if it was not everything.")] = "everything",
    pack: Packs = None,
) -> None:
    """Judge a submission again with the seeds that a run has revealed, and compare the verdicts."""
    from ptassess import grading, store

    old = store.read(run_file)
    differences, new = grading.reproduce(old, submission, exam=exam, packs=pack or ())
    for line in differences:
        typer.secho(f"  {line}", fg="yellow")
    same = len(new.checks) - len(differences)
    typer.echo(f"{same} of {len(new.checks)} verdicts are the same; run seed {old.run_seed}, as committed to.")
    if differences:
        raise typer.Exit(1)


exam_app = typer.Typer(help="Exams: what is asked, for how many points, under which rules.", no_args_is_help=True)
app.add_typer(exam_app, name="exam")


@exam_app.command(name="list")
def exam_list() -> None:
    """List the ready exams."""
    from rich.console import Console
    from rich.table import Table

    from ptassess import content
    from ptassess.exam import Exam, read

    challenges = list(_catalogue(None).challenges.values())
    table = Table("exam", "tasks", "minutes", "title", box=None, pad_edge=False)
    for exam in (Exam(), *(read(path) for root in content.roots() for path in root.exams())):
        tasks = sum(map(len, exam.offered(challenges).values()))
        table.add_row(exam.name, str(tasks), str(exam.minutes_for(challenges)), exam.title)
    Console().print(table)


@exam_app.command(name="new")
def exam_new(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="A new file.")],
    minutes: Annotated[int, typer.Option(min=1, help="That a candidate has; tasks are chosen to fit.")] = 60,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="A competency; default: all.")
    ] = None,
    title: Annotated[str, typer.Option(help="For readers.")] = "",
    pack: Packs = None,
) -> None:
    """Begin an exam: tasks of every competency and level in turn until the time is used; edit it as you like."""
    from ptassess.exam import compose, render

    found = _catalogue(pack)
    challenges = [found.challenge(slug) for slug in only] if only else list(found.challenges.values())
    if file.suffix != ".toml":
        raise UserError(f"{file}: an exam's file ends in .toml")
    if file.exists():
        raise UserError(f"{file}: is there already; choose another name")
    exam = compose(file.stem, challenges, minutes, title=title, packs=[str(p.resolve()) for p in pack or ()])
    try:
        file.write_text(render(exam), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}); name another place") from None
    typer.echo(f"{file}: {len(exam.tasks)} tasks. Edit it, then:")
    typer.secho(f"  ptassess exam check {file}", bold=True)


@exam_app.command(name="check")
def exam_check(
    exam: Annotated[str, typer.Argument(metavar="EXAM", help="An exam.toml, or the name of a ready exam.")],
    pack: Packs = None,
) -> None:
    """Check an exam: whether its tasks are there, fit its time, and what each competency is worth."""
    from rich.console import Console
    from rich.table import Table

    from ptassess.exam import examine

    chosen, packs = _exam(exam, None, pack)
    challenges = list(_catalogue(packs).challenges.values())
    if problems := examine(chosen, challenges):
        for line in problems:
            typer.secho(f"ptassess: {exam}: {line}", fg="red", err=True)
        raise typer.Exit(4)
    table = Table("competency", "tasks", "points", "minutes", box=None, pad_edge=False)
    for slug, tasks in chosen.offered(challenges).items():
        points = sum(chosen.points(slug, task) for task in tasks)
        table.add_row(slug, str(len(tasks)), f"{points:g}", str(sum(task.minutes for task in tasks)))
    Console().print(table)
    typer.echo(f"{chosen.title}: {chosen.minutes_for(challenges)} minutes, digest {chosen.digest()[:16]}")


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN.json...", help="Run files, or folders that hold some.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pages go.")] = Path("report"),
) -> None:
    """Write scorecards and an index from run files."""
    from ptassess import render, store

    read = store.read_all(runs)
    entries = []
    for number, run in enumerate(read, 1):
        name = f"{number:04d}-{run.run_id[-8:]}.html"
        render.write_scorecard(run, out / name)
        entries.append(render.Entry(run=run, href=name, candidate=run.candidate))
    render.write_index(entries, out / "index.html")
    typer.echo(f"{len(read)} scorecard{'s' * (len(read) != 1)}; open {out / 'index.html'}")


@app.command()
def export(
    exporter: Annotated[str, typer.Argument(metavar="FORMAT", help="`csv`, or what a plugin brings.")],
    runs: Annotated[list[Path], typer.Argument(metavar="RUN.json...", help="Run files, or folders that hold some.")],
    out: Annotated[Path, typer.Option(metavar="PATH", help="What to write.")],
    pack: Packs = None,
) -> None:
    """Write run files in another format."""
    from ptassess import store

    chosen = _catalogue(pack).named("ptassess_exporters", exporter)
    read = store.read_all(runs)
    try:
        chosen.write(read, out)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); name another place with --out") from None
    typer.echo(f"{len(read)} run{'s' * (len(read) != 1)}: {out}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The slug: lower case letters, digits, underscores.")],
    pack: Annotated[Path | None, typer.Option(metavar="DIR", help="Where; default: challenges/ here, or here.")] = None,
) -> None:
    """Begin a challenge of your own: a small one that already works."""
    from ptassess.new import create

    home = create(name, pack)
    typer.echo(f"{home}: a draft that works. Make it yours, then:")
    where = "" if pack is None else f" --pack {pack}"
    typer.secho(f"  ptassess check-challenges {name}{where}", bold=True)


@app.command(name="check-challenges")
def check_challenges(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Default: all.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Run seeds to try.")] = 1,
    jobs: Annotated[int, typer.Option("-n", min=1, help="Processes.")] = 1,
    pack: Packs = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Admit challenges: the reference passes on every seed, every mutant is caught, trivial answers earn nothing."""
    from ptassess import admission

    found = _catalogue(pack, Path("challenges"), *map(Path, slugs or ()))
    chosen = slugs or ([h.name for p in pack for h in _pack_homes(p)] if pack else list(found.challenges))
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("looking at files") as status:
        reports = admission.admit(
            [found.challenge(slug) for slug in chosen],
            found,
            seeds=seeds,
            jobs=jobs,
            progress=lambda slug, count: status.update(f"{slug}: {count} verdicts"),
        )
    if as_json:
        _print_json([report.facts() for report in reports])
    else:
        for report in reports:
            admission.print_report(report)
    if not all(report.admitted for report in reports):
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Json = False) -> None:  # noqa: FBT002
    """Say what this machine and this installation can do, and what is missing."""
    from ptassess.doctor import examine, print_findings

    findings = examine()
    if as_json:
        _print_json(findings)
    else:
        print_findings(findings)


def _find_task(found: Any, name: str) -> tuple[str, str]:
    """The competency and the task that ``task`` or ``competency.task`` names."""
    slug, _, task = name.rpartition(".")
    owners = {t.name: c.slug for c in reversed(found.challenges.values()) for t in c.tasks if slug in ("", c.slug)}
    if task not in owners:
        known = [*found.challenges, *(t.name for c in found.challenges.values() for t in c.tasks)]
        near = difflib.get_close_matches(task, known, n=1)
        advice = f"is {near[0]!r} meant?" if near else "`ptassess list` shows them"
        raise UserError(f"{name}: no competency or task of that name; {advice}")
    return owners[task], task


def _kit(root: Path) -> Any:
    """The exam of the kit that the user is in."""
    from ptassess import kit
    from ptassess.exam import read

    kit.facts_of(root)
    return read(root / kit.EXAM)


def _exam(name: str, seed: int | None, packs: list[Path] | None) -> tuple[Any, list[Path] | None]:
    """An exam, and the packs that it and the command line name."""
    import msgspec

    from ptassess.exam import find

    exam, path = find(name)
    if seed is not None:
        exam = msgspec.structs.replace(exam, seed=seed)
    named = [*(packs or ()), *((path.parent if path else Path()) / pack for pack in exam.packs)]
    return exam, named or None


def _catalogue(packs: list[Path] | None, *local: Path) -> Any:
    """What is installed and in packs; before it what lies in ``local``, unless a pack was named."""
    from ptassess.registry import add_local, catalogue

    found = catalogue(tuple(packs or ()))
    for folder in () if packs else local:
        add_local(found, folder)
    return found


def _pack_homes(pack: Path) -> list[Path]:
    from ptassess.content import pack_challenges

    return pack_challenges(pack)


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


def _section(brief: str, task: str) -> str:
    """The part of a brief from the heading that names the task to the next heading of the same depth."""
    lines = brief.splitlines()
    for start_line, line in enumerate(lines):
        if line.startswith("#") and task in line.replace("`", "").split():
            depth = len(line) - len(line.lstrip("#"))
            for end, other in enumerate(lines[start_line + 1 :], start_line + 1):
                if other.startswith("#") and len(other) - len(other.lstrip("#")) <= depth:
                    return "\n".join(lines[start_line:end])
            return "\n".join(lines[start_line:])
    return ""


def _graded_facts(graded: Any) -> dict[str, Any]:
    from ptassess.scoring import score

    facts: dict[str, Any] = {"candidate": graded.name, "reason": graded.reason or None}
    if graded.run:
        total = score(graded.run).total
        facts |= {
            "score": total.score,
            "low": total.low,
            "high": total.high,
            "coverage": total.coverage,
            "run_file": str(graded.run_file),
            "scorecard": str(graded.scorecard),
        }
    return facts


def _print_ranking(results: list[Any], out: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ptassess.grading import percent
    from ptassess.scoring import score
    from ptassess.summary import in_words

    table = Table("candidate", "score", box=None, pad_edge=False)
    for graded in sorted(results, key=lambda g: (g.run is None, -percent(g), g.name)):
        told = in_words(score(graded.run).total) if graded.run else f"not graded: {graded.reason}"
        table.add_row(escape(graded.name), escape(told))
    console = Console()
    console.print(table)
    console.print(f"open {out / 'index.html'}", highlight=False, soft_wrap=True)


def _print_problems(problems: list[str]) -> None:
    for problem in problems:
        typer.secho(f"ptassess: {problem}", fg="yellow", err=True)


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
