"""The command line. Every command that fails on its input ends with one line and exit status 4."""

from collections.abc import Callable
from typing import Annotated

import typer

from ptassess._version import __version__
from ptassess.commands import author, candidate, keys, race, team
from ptassess.errors import PtassessError
from ptassess.sandbox.cleaning import clean

_LINE = 2_000  # characters of an error, which may name a file of a candidate's

app = typer.Typer(
    help="Find out how well somebody can use PyTorch.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
_exams = typer.Typer(help="Exams: what is asked, for how many points, under which rules.", no_args_is_help=True)

_keys = typer.Typer(help="Keys: who signs verified runs, and whose signature counts here.", no_args_is_help=True)


def main() -> None:
    """Run the command line; the entry point of ``ptassess``."""
    try:
        app()
    except PtassessError as error:
        typer.secho(f"ptassess: {clean(str(error), _LINE)}", fg="red", err=True)
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


_PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Candidates": {
        "start": candidate.start,
        "show": candidate.show,
        "hint": candidate.hint,
        "watch": candidate.watch,
        "progress": candidate.progress,
        "submit": candidate.submit,
        "list": candidate.list_,
    },
    "Hiring teams": {
        "grade": team.grade,
        "report": team.report,
        "export": team.export,
        "reproduce": team.reproduce,
        "verify": keys.verify,
    },
    "Authors": {
        "new": author.new,
        "check-challenges": author.check_challenges,
        "calibrate": author.calibrate,
        "doctor": author.doctor,
        "check-wall": author.check_wall,
    },
    "Developers": {
        "race": race.race,
    },
}
for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        app.command(name=_name, rich_help_panel=_panel)(_command)
app.add_typer(_exams, name="exam", rich_help_panel="Hiring teams")
app.add_typer(_keys, name="keys", rich_help_panel="Hiring teams")
_exams.command(name="list")(team.exam_list)
_exams.command(name="new")(team.exam_new)
_exams.command(name="check")(team.exam_check)
_keys.command(name="new")(keys.new)
_keys.command(name="list")(keys.list_)
_keys.command(name="show")(keys.show)
_keys.command(name="trust")(keys.trust)
_keys.command(name="untrust")(keys.untrust)
