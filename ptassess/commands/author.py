"""What the author of a challenge types, and whoever sets a machine up."""

from pathlib import Path
from typing import Annotated

import typer

from ptassess.calibration import LEAST_SEEDS
from ptassess.commands.shared import (
    Json,
    Packs,
    catalogue_of,
    print_json,
)
from ptassess.errors import UserError


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


def check_challenges(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Default: all.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Run seeds to try.")] = 1,
    jobs: Annotated[int, typer.Option("-n", min=1, help="Processes.")] = 1,
    pack: Packs = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Admit challenges: the reference passes on every seed, every mutant is caught, trivial answers earn nothing."""
    from ptassess import admission

    found = catalogue_of(pack, Path("challenges"), *map(Path, slugs or ()))
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
        print_json([report.facts() for report in reports])
    else:
        for report in reports:
            admission.print_report(report)
    if not all(report.admitted for report in reports):
        raise typer.Exit(1)


def calibrate(
    slugs: Annotated[list[str], typer.Argument(metavar="NAME...", help="Challenges.")],
    seeds: Annotated[int, typer.Option(min=LEAST_SEEDS, help="Run seeds.")] = LEAST_SEEDS,
    jobs: Annotated[int, typer.Option("-n", min=1, help="Processes.")] = 1,
    pack: Packs = None,
) -> None:
    """Measure how the reference fares over many seeds, and write the bands into the challenge; resumes."""
    from rich.console import Console

    from ptassess import bands, calibration

    found = catalogue_of(pack, Path("challenges"), *map(Path, slugs))
    for slug in slugs:
        challenge = found.challenge(slug)
        private = found.private.get(slug)
        if private is None:
            raise UserError(f"{slug}: no private/reference.py; install ptassess-grader, or write it")
        with Console(stderr=True).status(slug) as status:
            halves = calibration.calibrate(
                challenge,
                private,
                seeds=seeds,
                jobs=jobs,
                progress=lambda name, count: status.update(f"{name}: {count} verdicts"),
            )
        if not halves:
            raise UserError(f"{slug}: no check puts a number into `evidence`; there is nothing to calibrate")
        for half, found_there in halves.items():
            path = bands.write(half, found_there, slug=slug, seeds=seeds)
            count = sum(map(len, found_there.values()))
            typer.echo(f"{path}: {count} bands of {len(found_there)} checks, {seeds} seeds")


def doctor(as_json: Json = False) -> None:  # noqa: FBT002
    """Say what this machine and this installation can do, and what is missing."""
    from ptassess.doctor import examine, print_findings

    findings = examine()
    if as_json:
        print_json(findings)
    else:
        print_findings(findings)


def check_wall(
    isolation: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="process, locked or namespaced; default: the strongest here.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="An attack, or a group of them; default: all.")
    ] = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Attack the judge in every known way: each must fail here, and succeed where there is no wall."""
    from rich.console import Console

    from ptassess.wallcheck import suite

    with Console(stderr=True).status("attacking, for a minute or more"):
        report = suite.check(isolation, only=only or ())
    if as_json:
        print_json(report.facts())
    else:
        suite.print_report(report)
    if not report.holds:
        raise typer.Exit(1)


def _pack_homes(pack: Path) -> list[Path]:
    from ptassess.content import pack_challenges

    return pack_challenges(pack)
