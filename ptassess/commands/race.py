"""What somebody types who wants to know whether a change made a project slower."""

from __future__ import annotations

import math
import shlex
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ptassess.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptassess.measure.revision_process import Setting
    from ptassess.measure.revisions import Test

_COLOURS = {"slower": "red", "failed": "red", "faster": "green", "inconclusive": "yellow", "not compared": "cyan"}


def race(  # noqa: PLR0913, PLR0917  the command's options
    tests: Annotated[list[str], typer.Argument(metavar="TEST...", help="Files, folders or ids of pytest tests.")],
    base: Annotated[str, typer.Option(metavar="REV", help="The revision to compare with.")],
    head: Annotated[
        str | None, typer.Option(metavar="REV", help="The one to judge; default: the files as they are.")
    ] = None,
    margin: Annotated[float, typer.Option(help="The slow-down that is accepted: 0.02 for 2 % more time.")] = 0.02,
    seconds: Annotated[float, typer.Option(help="Of measuring for each test, at most; six pairs in any case.")] = 10.0,
    tests_from: Annotated[
        str,
        typer.Option(metavar="head|own", help="Head's test files and conftest.py for both, or each revision's own."),
    ] = "head",
    prepare: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Run once in each checkout, such as a build in place.")
    ] = None,
    keyword: Annotated[str | None, typer.Option("-k", metavar="EXPR", help="As pytest's.")] = None,
    python: Annotated[
        str | None, typer.Option(metavar="PATH", help="The interpreter of the project; default: this one.")
    ] = None,
    pin: Annotated[bool, typer.Option(help="Both processes on one core; not for code with threads.")] = True,  # noqa: FBT002
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures too.")] = None,
) -> None:
    """Race two revisions of a project: has a change made its tests slower?

    What a test passes to pytest-benchmark's `benchmark` is timed; without that fixture, the body of the test. Both
    revisions run in the same job, in at least six pairs of fresh processes, in drawn order. The 99 % interval of the
    ratio decides each test; with several tests it is wider, so that all together err as seldom as one (Bonferroni).

    Exit status: 0 nothing is slower than the margin; 1 something is, or fails in head; 10 something stayed
    inconclusive, or nothing could be compared; 4 usage.
    """
    from rich.console import Console

    from ptassess.measure import checkouts, revisions
    from ptassess.measure.revision_process import Setting

    _check_options(tests, margin, seconds, tests_from, json_file)
    here = Path.cwd()
    repository = checkouts.Repository.around(here)
    commits = {"base_commit": repository.commit(base), "head_commit": repository.commit(head or "HEAD")}
    changed = head is None and bool(repository.changes())
    # The spinner would turn beside what is timed; once a second is little.
    status = Console(stderr=True).status("checking out", refresh_per_second=1)
    with _ended_by_signals(), repository.checked_out(base, head) as folders, status:
        setting = Setting(
            folders=folders,
            repository=repository.root,
            below=repository.below,
            options=["-k", keyword] if keyword else [],
            python=python or Setting.python,
            pin=pin,
        )
        for side in folders:
            if not setting.home(side).is_dir():
                raise UserError(f"{repository.below}: no such folder in {side}; go to one that both revisions have")
            _prepare(prepare, setting, side)
        status.update("collecting")
        found = _find(setting, [_relative(test, here) for test in tests], tests_from)
        comparable = [test for test in found if not test.trouble]
        revisions.run(
            setting,
            comparable,
            margin=margin,
            seconds=seconds,
            progress=lambda pairs, going: status.update(f"{pairs} pairs of processes; {going} tests go on"),
        )
    confidence = revisions.confidence_for(len(comparable))
    facts = [_facts(test, margin, confidence) for test in found]
    _print_table(facts, confidence)
    if commits["base_commit"] == commits["head_commit"] and not changed:
        typer.echo(f"Base and head are one commit, {commits['base_commit'][:12]}, and nothing has been changed since.")
    if json_file:
        asked = {
            "base": base,
            "head": head,
            "margin": margin,
            "seconds": seconds,
            "tests_from": tests_from,
            "prepare": prepare,
            "keyword": keyword,
            "python": python,
            "pin": pin,
        }
        told = {"asked": asked | {"tests": tests}, **commits, "uncommitted_changes": changed, "confidence": confidence}
        _write(json_file, told | {"tests": facts})
    if status_code := _exit_status([fact["verdict"] for fact in facts]):
        raise typer.Exit(status_code)


def _check_options(tests: Sequence[str], margin: float, seconds: float, tests_from: str, file: Path | None) -> None:
    if not 0 < margin < 1:
        raise UserError(f"--margin {margin:g}: a share between 0 and 1, such as 0.02 for 2 %")
    if not 0 < seconds < 86400:
        raise UserError(f"--seconds {seconds:g}: between 0 and a day")
    if tests_from not in {"head", "own"}:
        raise UserError(f"--tests-from {tests_from}: `head` or `own`")
    for test in tests:
        if test.startswith("-"):
            raise UserError(f"{test}: options of pytest are not taken, but for -k; put them into its configuration")
    if file is not None and not file.absolute().parent.is_dir():
        raise UserError(f"--json {file}: no such folder; make it first")


def _relative(test: str, here: Path) -> str:
    """A test's name relative to the folder that the user is in, since the checkouts lie elsewhere."""
    path, sep, rest = test.partition("::")
    absolute = (here / path).resolve()
    if not absolute.is_relative_to(here.resolve()):
        raise UserError(f"{test}: not below {here}; go to a folder that holds it")
    return str(absolute.relative_to(here.resolve())) + sep + rest


def _prepare(command: str | None, setting: Setting, side: str) -> None:
    from ptassess.measure import checkouts

    if command is None:
        return
    done = subprocess.run(  # noqa: S602  the user's own command line
        command,
        shell=True,
        cwd=setting.home(side),
        env=checkouts.environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().rpartition("\n")[2] or "it printed nothing"
        raise UserError(f"--prepare {shlex.quote(command)}: status {done.returncode} in {side}: {said}")


def _find(setting: Setting, names: list[str], tests_from: str) -> list[Test]:
    """The tests of head; those that base does not have are marked."""
    from ptassess.measure import checkouts, revisions
    from ptassess.measure.checkouts import BASE, HEAD

    nodes, errors = revisions.collect(setting, HEAD, names)
    if errors:
        node, text = next(iter(errors.items()))
        raise UserError(f"{node}: cannot be collected in head: {text}" if node else text)
    if not nodes:
        raise UserError(f"{' '.join(names)}: no test found in head")
    files = sorted({node.partition("::")[0] for node in nodes})
    if tests_from == "head":
        below = [str(setting.below / file) for file in files]
        checkouts.copy_tests(below, setting.folders[HEAD], setting.folders[BASE])
    known, errors = _find_in_base(setting, [file for file in files if (setting.home(BASE) / file).is_file()])
    found = []
    for node in nodes:
        why = errors.get(node.partition("::")[0])
        trouble = "" if node in known else "new in head" + (f"; base says {why}" if why else "")
        found.append(revisions.Test(node=node, trouble=trouble))
    return found


def _find_in_base(setting: Setting, files: Sequence[str]) -> tuple[set[str], dict[str, str]]:
    """The tests of base in some files, and why a file cannot be collected; one alone spoils no other."""
    from ptassess.measure import revisions
    from ptassess.measure.checkouts import BASE

    nodes, errors = revisions.collect(setting, BASE, files) if files else ([], {})
    if "" not in errors:
        return set(nodes), errors
    if len(files) == 1:  # a conftest.py that it sees, say, ends pytest before it collects
        return set(), {files[0]: errors[""]}
    known: set[str] = set()
    for file in files:
        nodes_here, errors_here = _find_in_base(setting, [file])
        known |= nodes_here
        errors |= errors_here
    return known, errors


def _facts(test: Test, margin: float, confidence: float) -> dict[str, Any]:
    from ptassess.measure import stats
    from ptassess.measure.checkouts import BASE, HEAD

    facts: dict[str, Any] = {"test": test.node, "verdict": test.found(margin, confidence), "pairs": test.pairs}
    shown, decides = test.ratio(stats.SHOWN), test.ratio(confidence)
    if test.trouble or shown is None or decides is None:
        return facts | {"why": test.trouble or "it takes no time that can be told from that of a loop"}
    return facts | {
        "base_seconds": test.seconds(BASE),
        "head_seconds": test.seconds(HEAD),
        "ratio": shown.value,
        "interval": [shown.low, shown.high],
        "deciding_interval": [decides.low, decides.high],
        "precision": decides.half_width,
        "measured_seconds": test.spent,
        "log_ratios": test.logs,
    }


def _print_table(facts: list[dict[str, Any]], confidence: float) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("test", overflow="fold")
    for name in ("base", "head"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("times as fast", "verdict"):
        table.add_column(name, no_wrap=name == "times as fast")
    for fact in facts:
        verdict, colour = escape(_in_words(fact)), _COLOURS.get(fact["verdict"], "default")
        cells = ["", "", ""]
        if "ratio" in fact:
            low, high = fact["interval"]
            cells = [_time(fact["base_seconds"]), _time(fact["head_seconds"])]
            cells.append(f"{fact['ratio']:.3f} ({low:.3f} to {high:.3f})")
        table.add_row(escape(fact["test"]), *cells, f"[{colour}]{verdict}[/]")
    console = Console()
    if not console.is_terminal:  # a log, whose lines may be long
        console = Console(width=140)
    console.print(table)
    for fact in facts:
        if "why" in fact:
            console.print(f"{fact['test']}: {fact['why']}", markup=False, highlight=False, soft_wrap=True)
    if any("ratio" in fact for fact in facts):
        console.print(
            f"Times are of a call. In brackets the 95 % interval; the one of {100 * confidence:.4g} % decides.",
            highlight=False,
        )


def _in_words(fact: dict[str, Any]) -> str:
    verdict = str(fact["verdict"])
    if "why" in fact:
        return verdict
    low, high = fact["deciding_interval"]
    if verdict == "same":
        return f"same within {100 * max(high - 1, 1 / low - 1):.1f} %"
    if verdict == "inconclusive":
        return f"inconclusive: precise to {fact['precision']:.1%}".replace("%", " %")
    return verdict


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _exit_status(verdicts: list[str]) -> int:
    from ptassess.outcomes import Exit

    if {"slower", "failed"} & set(verdicts):
        return 1
    undecided = "inconclusive" in verdicts or set(verdicts) == {"not compared"}
    return int(Exit.UNDECIDED) if undecided else 0


def _write(file: Path, told: dict[str, Any]) -> None:
    import json

    from ptassess.machine import machine_facts

    told = _for_json(told | {"machine": machine_facts().facts})
    try:
        file.write_text(json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}); name another place with --json") from None


def _for_json(value: Any) -> Any:
    """A value without infinity, which JSON has not: an end that an interval lacks is null."""
    if isinstance(value, dict):
        return {name: _for_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_for_json(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A job that CI cancels ends as with Ctrl-C: the checkouts are removed."""

    def interrupt(*_: object) -> Literal[False]:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
