"""Every extension point. A hook says, in this order: what for, when, the parameters, the return, an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from ptassess.challenge import Challenge
    from ptassess.result import Finding, Run
    from ptassess.resume import Graded
    from ptassess.sandbox import Level

hookspec = pluggy.HookspecMarker("ptassess")


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """A format that runs can be written in.

    Args:
        name: as in ``ptassess export NAME``.
        summary: one line for lists.
        write: takes the runs and the target path.
    """

    name: str
    summary: str
    write: Callable[[Sequence[Run], Path], None]


@dataclass(frozen=True, kw_only=True)
class Executor:
    """A way to grade many submissions.

    Args:
        name: as in ``ptassess grade --executor NAME``.
        summary: one line for lists.
        map: takes a function (it can be pickled, and so can what it returns), the submissions, and how many to grade
            at the same time; calls the function on each, in any order and place that shares the file system, and gives
            the results in the submissions' order. The function stores each result itself, judges nothing any more once
            the batch was interrupted, and must be waited for in the thread that has called it. What ``map`` gives is
            closed when the batch ends early.
    """

    name: str
    summary: str
    map: Callable[[Callable[[Path], Graded], Sequence[Path], int], Iterable[Graded]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page among the results of a cohort, for the team that grades; its index links to it.

    Args:
        href: path relative to the results' folder.
        title: of the link.
        summary: one sentence beside it.
    """

    href: str
    title: str
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command of ``ptassess``.

    Args:
        name: as typed.
        run: a function with typer's annotations; its docstring is the help.
        panel: heading under which ``ptassess --help`` lists it.
    """

    name: str
    run: Callable[..., None]
    panel: str = "Hiring teams"


@hookspec
def ptassess_challenges() -> Challenge | Iterable[Challenge]:  # type: ignore[empty-body]
    """Register challenges.

    When: once per process, when the catalogue is first asked for; torch must not be imported.

    Returns:
        One challenge, or several.

    Example::

        @hookimpl
        def ptassess_challenges():
            task = Task(name="gelu", points=2, level="foundation", minutes=5)
            return Challenge(home=__file__, title="GELU", tasks=[task])
    """


@hookspec
def ptassess_exporters() -> Exporter | Iterable[Exporter]:  # type: ignore[empty-body]
    """Register formats for runs.

    When: ``ptassess export`` lists or uses exporters.

    Returns:
        One exporter, or several.

    Example::

        @hookimpl
        def ptassess_exporters():
            def write(runs, path):
                path.write_text(" ".join(run.candidate for run in runs))

            return Exporter(name="names", summary="the candidates' names", write=write)
    """


@hookspec
def ptassess_executors() -> Executor | Iterable[Executor]:  # type: ignore[empty-body]
    """Register ways to grade many submissions.

    When: ``ptassess grade`` begins.

    Returns:
        One executor, or several.

    Example::

        @hookimpl
        def ptassess_executors():
            return Executor(name="serial", summary="one by one", map=lambda grade, paths, jobs: map(grade, paths))
    """


@hookspec
def ptassess_isolation_levels() -> Level | Iterable[Level]:  # type: ignore[empty-body]
    """Register levels of isolation.

    When: an assessment begins, and when ``ptassess doctor`` lists the levels.

    Returns:
        One level, or several. Its ``open`` gets the folders that no solution may read wherever they lie.

    Example::

        @hookimpl
        def ptassess_isolation_levels():
            return Level(name="vm", rank=50, summary="a virtual machine", probe=why_not, open=open_vm)
    """


@hookspec
def ptassess_findings(submission: Path, challenges: Sequence[Challenge]) -> Iterable[Finding]:  # type: ignore[empty-body]
    """Point a person at something in a submission.

    When: a submission's checks have run, in grading only.

    Args:
        submission: the folder that holds ``solutions/``; read it as data, never import from it.
        challenges: what it was graded on.

    Returns:
        Findings; they are stored in the run file with the code that they point at, shown on a page of their own for
        the team, not on the scorecard, and never scored.

    Example::

        from ptassess.result import Finding

        @hookimpl
        def ptassess_findings(submission, challenges):
            yield Finding(challenge="", title=f"{len(list(submission.rglob('*.py')))} Python files")
    """


@hookspec
def ptassess_cohort_finished(  # type: ignore[empty-body]
    results: Sequence[Graded], challenges: Sequence[Challenge], private: Mapping[str, Path], out: Path
) -> Page | Iterable[Page]:
    """Look at all submissions of one grading together.

    When: all of them have been graded; their index has not been written yet.

    Args:
        results: one for each submission; ``ptassess.sources.load(graded.sources)`` is the code that was judged.
        challenges: what they were graded on.
        private: folders of the private halves by slug, where they are installed. Nothing of them may come near a
            candidate.
        out: folder of the results, for pages; the team's, not the candidates'.

    Returns:
        Pages that the index links to. They change no score.

    Example::

        from ptassess.hookspecs import Page

        @hookimpl
        def ptassess_cohort_finished(results, out):
            (out / "names.html").write_text(", ".join(sorted(graded.name for graded in results)))
            return Page(href="names.html", title="Names")
    """


@hookspec
def ptassess_commands() -> Command | Iterable[Command]:  # type: ignore[empty-body]
    """Bring commands of ``ptassess``.

    When: a command is typed that ``ptassess`` itself does not have, or its help is asked for.

    Returns:
        One command, or several. One that has the name of a built-in one is never reached.

    Example::

        from ptassess.hookspecs import Command

        def count(folder: Path):
            "Count what is in a folder."
            print(len(list(folder.iterdir())))

        @hookimpl
        def ptassess_commands():
            return Command(name="count", run=count)
    """


@hookspec
def ptassess_run_finished(run: Run, path: Path) -> None:
    """React to a finished run.

    When: the run file has been written; in grading, after it has got its stamp and its signature, when it lies where it
    stays, in the process that grades. An exception is reported in one line and changes nothing.

    Args:
        run: the facts.
        path: of the run file.

    Example::

        @hookimpl
        def ptassess_run_finished(run, path):
            print(run.candidate, "is done:", path)
    """
