"""What whoever signs runs, and whoever relies on a signature, types."""

import getpass
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ptassess.commands.shared import Json, Packs, catalogue_of, print_json
from ptassess.errors import UserError

if TYPE_CHECKING:
    from ptassess.keys import PrivateKey
    from ptassess.verifying import Verdict

_PASSPHRASE = "PTASSESS_PASSPHRASE"  # noqa: S105  the name of a variable
_LOOK = {
    "trusted": ("verified by {}", "green"),
    "unknown key": ("signed with a key that is not trusted here", "yellow"),
    "unsigned": ("not signed", "yellow"),
    "bad signature": ("NOT what was signed", "red"),
    "unreadable": ("cannot be read", "red"),
}


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What others will know it by, such as your team's name.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of the private key; default: in the user's config folder.")
    ] = None,
    passphrase: Annotated[  # noqa: FBT002
        bool, typer.Option(help="Ask for one that encrypts the file; PTASSESS_PASSPHRASE sets it without asking.")
    ] = True,
) -> None:
    """Make a key pair to sign verified runs with."""
    from ptassess import keys

    secret = os.environ.get(_PASSPHRASE, "") if passphrase else ""
    if passphrase and not secret and sys.stdin.isatty():
        secret = getpass.getpass("Passphrase (empty for none): ")
        if secret and getpass.getpass("The same again: ") != secret:
            raise UserError("the two differ; nothing was made")
    made = keys.create(name, out, secret.encode())
    protected = "with a passphrase" if secret else "no passphrase: whoever has the file can sign with it"
    typer.echo(f"private key: {made.path} ({protected}); keep it, and keep it to yourself")
    typer.echo("public key, for whoever is to verify your runs:")
    typer.secho(f"  {made.public.line}", bold=True)


def list_(as_json: Json = False) -> None:  # noqa: FBT002
    """List your keys, and those that you trust."""
    from rich.console import Console
    from rich.table import Table

    from ptassess import keys

    mine, trusted = keys.own(), keys.trusted()
    if as_json:
        print_json(
            [
                {"name": k.name, "fingerprint": k.fingerprint, "own": k.name in mine, "public_key": k.text}
                for k in trusted.values()
            ]
        )
        return
    if not trusted:
        typer.echo("no keys yet; `ptassess keys new NAME` makes one, `ptassess keys trust NAME KEY` adds another's")
        return
    table = Table("name", "fingerprint", "", box=None, pad_edge=False)
    for key in trusted.values():
        table.add_row(key.name, key.fingerprint, "your own" if key.name in mine else "trusted")
    Console(soft_wrap=True).print(table)


def show(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Default: your only key.")] = None,
) -> None:
    """Print a public key: one line of text, to give away."""
    from ptassess import keys

    if name is None:
        mine = [*keys.own()]
        if len(mine) != 1:
            raise UserError(f"you have {len(mine)} keys; name one, as `ptassess keys list` shows them")
        (name,) = mine
    typer.echo(keys.find(name).line)


def trust(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call whoever it belongs to.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="The line `ssh-ed25519 AAAA…`, or a file that holds it.")],
) -> None:
    """Count on runs that are signed with a key."""
    from ptassess import keys

    public = replace(keys.find(key), name=name)
    keys.trust(public)
    typer.echo(f"{name}: trusted from now on. Compare its fingerprint with its owner: {public.fingerprint}")


def untrust(name: Annotated[str, typer.Argument(metavar="NAME", help="As `ptassess keys list` shows it.")]) -> None:
    """Count on a key no more."""
    from ptassess import keys

    keys.untrust(name)
    typer.echo(f"{name}: not trusted any more")


def verify(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN.json...", help="Run files, or folders that hold some.")],
    key: Annotated[
        str | None,
        typer.Option(metavar="FILE|NAME", help="The only public key to count on; default: all that you trust."),
    ] = None,
    pack: Packs = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Check signatures, check that the facts agree, and derive every score again.

    Exit status: 0 signed by a trusted key; 1 changed, or contradicting itself; 4 not a run file; 20 signed by a key
    that is not trusted here; 21 not signed. Of several files, the worst.
    """
    from ptassess import keys, store, verifying

    if key is None:
        trusted = keys.trusted()
    else:
        chosen = keys.find(key)
        trusted = {key: replace(chosen, name=chosen.name or Path(key).stem)}
    challenges = catalogue_of(pack)
    verdicts = []
    for path in store.find(runs):
        verdicts.append(verdict := verifying.verify(path, trusted, challenges))
        if not as_json:
            _print(verdict)
    if as_json:
        print_json([verdict.facts() for verdict in verdicts])
    elif len(verdicts) > 1:
        sound = sum(verdict.status == 0 for verdict in verdicts)
        typer.echo(f"{sound} of {len(verdicts)} run files are signed by a trusted key and hold")
    raise typer.Exit(verifying.worst(verdicts))


def key_for(
    named: str | None, isolation: str | None, seed: int | None, packs: list[Path] | None
) -> "PrivateKey | None":
    """The key to sign a grading with, if its runs can be *verified* at all; else none is opened.

    Args:
        named: by the user, or None.
        isolation: the least to accept.
        seed: that the user named, or None.
        packs: that may bring levels.
    """
    from ptassess import keys
    from ptassess.sandbox.levels import choose

    level = choose(isolation, catalogue_of(packs).levels())
    if level.verifies and seed is None:
        return keys.private_key(named, _ask)
    if not level.verifies and (mine := keys.own()):
        typer.secho(
            f"ptassess: at isolation `{level.name}` a submission can read the private key {next(iter(mine.values()))}; "
            "take it off this machine, or grade at `locked` or better",
            fg="yellow",
            err=True,
        )
    return None


def _ask(name: str) -> bytes | None:
    given = os.environ.get(_PASSPHRASE)
    if given is None and sys.stdin.isatty():
        given = getpass.getpass(f"Passphrase of the key {name}: ")
    return given.encode() if given else None


def _print(verdict: "Verdict") -> None:
    from ptassess.sandbox.cleaning import clean
    from ptassess.summary import in_words
    from ptassess.wording import date

    def say(text: str, colour: str | None = None, *, bold: bool = False) -> None:
        typer.secho(" ".join(clean(text, 1_000).split("\n")), fg=colour, bold=bold)

    words, colour = _LOOK[verdict.state]
    key = f" ({verdict.key.fingerprint})" if verdict.key else ""
    say(f"{verdict.path}: {words.format(verdict.key.name if verdict.key else '')}{key}", colour, bold=True)
    run, found = verdict.run, verdict.score
    if run is not None and found is not None:
        say(f"  {run.candidate}, exam {run.exam}, {date(run.started)}, isolation {run.isolation or 'unknown'}")
        rows = [("total", found.total)]
        for competency in found.competencies:
            rows.append((competency.slug, competency.bounds))
            rows += [(f"  {task.name}", task.bounds) for task in competency.tasks]
        for name, bounds in rows:
            say(f"  {name[:40]:<32} {bounds.earned:7.1f} of {bounds.offered:<7g} {in_words(bounds)}")
    for line in verdict.problems:
        say(f"  problem: {line}", "red")
    for line in verdict.notes:
        say(f"  {line}")
