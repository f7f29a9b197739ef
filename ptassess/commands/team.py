"""What a hiring team types."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ptassess.commands.keys import key_for
from ptassess.commands.shared import Json, Packs, catalogue_of, exam_and_packs, print_json
from ptassess.errors import UserError


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
    key: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Private key to sign verified runs with; default: your only one."),
    ] = None,
    sign: Annotated[bool, typer.Option(help="Sign runs that can be verified, if there is a key.")] = True,  # noqa: FBT002
    again: Annotated[bool, typer.Option("--again", help="Forget the results that are there already.")] = False,  # noqa: FBT002
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is graded, grade nothing.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Grade submissions: a run file and a scorecard each, and an index that ranks them.

    Whatever ends it, the same command goes on where it was: what is graded and still the same is kept.
    """
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

    found = grading.find(submissions)
    private = key_for(key, isolation, seed, exam_and_packs(exam, None, pack)[1]) if sign else None
    console = Console(stderr=True)
    if not as_json:
        console.print(found.told, highlight=False, soft_wrap=True)
    how: dict[str, Any] = {
        "seed": seed, "exam": exam, "exam_seed": exam_seed, "isolation": isolation, "packs": pack or (),
        "only": only or (), "again": again,
        "roster": roster,
    }  # fmt: skip
    if dry_run:
        _print_standings(grading.survey(found, out, **how), as_json=as_json)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("about"), TimeRemainingColumn(), TextColumn("left"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=as_json) as bar:
        work = bar.add_task("grading", total=len(found.submissions))
        results = grading.grade(
            found,
            out,
            **how,
            jobs=jobs,
            executor=executor,
            key=private,
            progress=lambda _: bar.advance(work),
            tell=lambda line: console.print(line, highlight=False, markup=False, soft_wrap=True),
        )
    if as_json:
        print_json([_graded_facts(graded) for graded in results])
    else:
        _print_ranking(results, out)
        _print_stamps(results)
    for line in (line for graded in results for line in graded.notes):
        typer.secho(f"ptassess: {line}", fg="yellow", err=True)
    if any(graded.run is None for graded in results):
        raise typer.Exit(1)


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
    noisy = {(c.challenge, c.check) for run in (old, new) for c in run.checks if c.outcome == "inconclusive"}
    compared = len(new.checks) - len(noisy)
    told = f"{compared - len(differences)} of {compared} verdicts are the same"
    told += f", {len(noisy)} more were inconclusive" if noisy else ""
    typer.echo(f"{told}; run seed {old.run_seed}, as committed to.")
    if differences:
        raise typer.Exit(1)


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN.json...", help="Run files, or folders that hold some.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pages go.")] = Path("report"),
) -> None:
    """Write scorecards, pages of findings and an index from run files."""
    from ptassess import render, store

    read = store.read_all(runs)
    entries = []
    for number, run in enumerate(read, 1):
        name = f"{number:04d}-{run.run_id[-8:]}"
        render.write_scorecard(run, out / f"{name}.html")
        findings = f"{name}-findings.html" if run.findings else ""
        if findings:
            render.write_findings(run, out / findings, f"{name}.html")
        entries.append(render.Entry(run=run, href=f"{name}.html", candidate=run.candidate, findings=findings))
    render.write_index(entries, out / "index.html")
    typer.echo(f"{len(read)} scorecard{'s' * (len(read) != 1)}; open {out / 'index.html'}")


def export(
    exporter: Annotated[str, typer.Argument(metavar="FORMAT", help="`csv`, or what a plugin brings.")],
    runs: Annotated[list[Path], typer.Argument(metavar="RUN.json...", help="Run files, or folders that hold some.")],
    out: Annotated[Path, typer.Option(metavar="PATH", help="What to write.")],
    pack: Packs = None,
) -> None:
    """Write run files in another format."""
    from ptassess import store

    chosen = catalogue_of(pack).named("ptassess_exporters", exporter)
    read = store.read_all(runs)
    try:
        chosen.write(read, out)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); name another place with --out") from None
    typer.echo(f"{len(read)} run{'s' * (len(read) != 1)}: {out}")


def exam_list() -> None:
    """List the ready exams."""
    from rich.console import Console
    from rich.table import Table

    from ptassess import content
    from ptassess.exam import Exam, read

    challenges = list(catalogue_of(None).challenges.values())
    table = Table("exam", "tasks", "minutes", "title", box=None, pad_edge=False)
    for exam in (Exam(), *(read(path) for root in content.roots() for path in root.exams())):
        tasks = sum(map(len, exam.offered(challenges).values()))
        table.add_row(exam.name, str(tasks), str(exam.minutes_for(challenges)), exam.title)
    Console().print(table)


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

    found = catalogue_of(pack)
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


def exam_check(
    exam: Annotated[str, typer.Argument(metavar="EXAM", help="An exam.toml, or the name of a ready exam.")],
    pack: Packs = None,
) -> None:
    """Check an exam: whether its tasks are there, fit its time, and what each competency is worth."""
    from rich.console import Console
    from rich.table import Table

    from ptassess.exam import examine

    chosen, packs = exam_and_packs(exam, None, pack)
    challenges = list(catalogue_of(packs).challenges.values())
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
            "stamp": graded.run.stamp,
            "unverified_because": list(graded.run.unverified_because),
            "notes": list(graded.notes),
            "run_file": str(graded.run_file),
            "scorecard": str(graded.scorecard),
            "ignored": graded.run.submission.ignored,
        }
    if graded.remark:
        facts["remark"] = graded.remark
    return facts


def _print_standings(told: list[tuple[str, str]], *, as_json: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if as_json:
        print_json([{"candidate": candidate, "standing": standing} for candidate, standing in told])
        return
    table = Table("candidate", "standing", box=None, pad_edge=False)
    for candidate, standing in told:
        table.add_row(escape(candidate), escape(standing))
    Console().print(table)


def _print_ranking(results: list[Any], out: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ptassess.grading import score_of
    from ptassess.scoring import score
    from ptassess.submission import left_out
    from ptassess.summary import in_words

    table = Table("candidate", "score", box=None, pad_edge=False)
    for graded in sorted(results, key=lambda g: (g.run is None, -score_of(g), g.name)):
        told = in_words(score(graded.run).total) if graded.run else f"not graded: {graded.reason}"
        table.add_row(escape(graded.name), escape(told))
    console = Console()
    console.print(table)
    for graded in results:
        if graded.run and graded.run.submission.ignored:
            told = left_out(graded.run.submission.ignored)
            console.print(
                f"{graded.name}: left out: {told}", style="yellow", markup=False, highlight=False, soft_wrap=True
            )
        if graded.remark:
            console.print(f"{graded.name}: {graded.remark}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"open {out / 'index.html'}", highlight=False, soft_wrap=True)


def _print_stamps(results: list[Any]) -> None:
    """One line on how many are verified, and what the others lack."""
    from ptassess.signing import key_of

    runs = [graded.run for graded in results if graded.run]
    signed = {key.fingerprint for run in runs if (key := key_of(run))}
    if signed:
        count = sum(run.stamp == "verified" for run in runs)
        typer.echo(f"verified: {count} of {len(runs)}, signed with {', '.join(signed)}")
    if reasons := dict.fromkeys(reason for run in runs for reason in run.unverified_because):
        typer.echo(f"not verified: {'; '.join(reasons)}")
