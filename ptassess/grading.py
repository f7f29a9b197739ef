"""The door for scores: many submissions in, one run file and scorecard each out.

Every submission is judged by a pytest of its own that reads nothing of it as configuration: our ini, our plugins by
name, no conftest, a scrubbed environment, the root folder as working folder, and a copy of ``solutions/`` as data.
Each of these closes a way that was seen to work: ``conftest.py`` and ini values, ``PYTEST_ADDOPTS``, a module in the
working folder that shadows one of ours, a plugin announced by an entry point.
"""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptassess import archive, store
from ptassess.errors import PtassessError, SubmissionError, UserError
from ptassess.exam import EVERYTHING, commit, examine
from ptassess.exam import find as find_exam
from ptassess.registry import Catalogue, catalogue
from ptassess.sandbox import folders, processes
from ptassess.sandbox.levels import choose
from ptassess.scoring import score
from ptassess.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptassess.hookspecs import Executor
    from ptassess.result import Run

INI = Path(__file__).with_name("grading.ini")

_START_SECONDS = 120.0
_CALLS = 40  # of one task: the largest has a dozen checks of one to three calls, and timed ones run longer

# What a judge needs of its environment; everything else, PYTEST_* and PYTHON* first of all, could steer it.
_KEPT = (
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    # Where the engine of the isolation level `container` is, and of what its containers are made.
    "PTASSESS_IMAGE",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "XDG_RUNTIME_DIR",
)


@dataclass(frozen=True, kw_only=True)
class Graded:
    """What became of one submission.

    Args:
        name: its folder's name.
        run: what was found, or None.
        run_file: where it is stored, or None.
        scorecard: its page, or None.
        reason: why it could not be graded, in one line; empty if it was.
    """

    name: str
    run: Run | None = None
    run_file: Path | None = None
    scorecard: Path | None = None
    reason: str = ""


def find(paths: Sequence[Path]) -> tuple[list[Path], str]:
    """Tell one submission from many.

    An archive, or a folder that holds ``solutions/``, is one submission. Any other folder is a folder of submissions:
    each folder and each archive in it is one.

    Args:
        paths: as given on the command line.

    Returns:
        The submissions, and a line that says what the paths were taken for.

    Raises:
        SubmissionError: if a path is not there, or holds nothing.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir() and not archive.is_archive(path):
            endings = ", ".join(archive.SUFFIXES)
            raise SubmissionError(
                f"{path}: no such folder or archive ({endings}); name a submission, or a folder of them"
            )
        if archive.is_archive(path) or (path / "solutions").is_dir():
            found.append(path)
            continue
        inside = sorted(
            child
            for child in path.iterdir()
            if not child.name.startswith(".") and (child.is_dir() or archive.is_archive(child))
        )
        if not inside:
            raise SubmissionError(f"{path}: neither a submission (no solutions/ in it) nor a folder of submissions")
        found += inside
    found = list({path.resolve(): path for path in found}.values())
    many = "one submission" if len(found) == 1 else f"{len(found)} submissions"
    rule = "an archive, or a folder that holds solutions/, is one; any other folder is a folder of them"
    return found, f"taken as {many}: {rule}"


def grade(  # noqa: PLR0913  the command line's options, keyword-only
    submissions: Sequence[Path],
    out: Path,
    *,
    seed: int | None = None,
    exam: str = EVERYTHING,
    exam_seed: int | None = None,
    isolation: str | None = None,
    packs: Sequence[Path] = (),
    only: Sequence[str] = (),
    jobs: int = 1,
    executor: str = "threads",
    roster: Path | None = None,
    progress: Callable[[Graded], None] | None = None,
) -> list[Graded]:
    """Grade submissions and write ``out/<name>/run.json``, ``out/<name>/scorecard.html`` and ``out/index.html``.

    Args:
        submissions: folders, as ``find`` gives them.
        out: folder for the results; made if it is missing.
        seed: run seed, to repeat a run; None for a secret one each.
        exam: file or name of the exam.
        exam_seed: seed of the quiz; None for the exam's.
        isolation: the least isolation to accept.
        packs: more challenges.
        only: slugs to grade; empty for all.
        jobs: how many at the same time.
        executor: name of what runs them.
        roster: CSV with the columns ``submission`` (name of a folder or an archive) and ``candidate``; whoever is in it
            and has handed nothing in is an entry, too.
        progress: called with each result as it comes.

    Returns:
        One entry a submission, in their order; a bad submission is an entry with its reason.

    Raises:
        UserError: if nothing can be graded at all: an unknown competency, level or executor, an unwritable folder.
    """
    asked, path = find_exam(exam)
    packs = [*packs, *((path.parent if path else Path()) / pack for pack in asked.packs)]
    challenges = catalogue(tuple(packs))
    if wrong := examine(asked, challenges.challenges.values()):
        raise UserError(f"{exam}: {wrong[0]}")
    only = only or list(asked.offered(challenges.challenges.values()))
    targets = _targets(challenges, only)
    choose(isolation, challenges.levels())  # what this machine cannot give is said once, not once a submission
    chosen: Executor = challenges.named("ptassess_executors", executor)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass  # it can be written to
    except OSError as error:
        raise UserError(f"{out}: cannot write there ({error.strerror}); name another folder with --out") from None
    out = out.resolve()
    known = read_roster(roster) if roster else {}
    one = partial(
        _grade_one,
        names=_names(submissions, known),
        out=out,
        targets=targets,
        seed=seed,
        exam=str(path.resolve()) if path else exam,
        exam_seed=exam_seed,
        isolation=isolation,
        packs=packs,
        seconds=_longest(challenges, only),
    )
    results = []
    for graded in chosen.map(one, submissions, max(1, jobs)):
        results.append(graded)
        if progress:
            progress(graded)
    handed_in = {_key(path) for path in submissions}
    results += [
        Graded(name=candidate, reason=f"handed nothing in (the roster expects {key!r})")
        for key, candidate in known.items()
        if key not in handed_in
    ]
    write_index(results, out)
    return results


def read_roster(path: Path) -> dict[str, str]:
    """Candidates by the names of their submissions.

    Args:
        path: CSV with a header; the columns ``submission`` and ``candidate``, others are left alone.

    Raises:
        UserError: one line, if it cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    if not rows or not {"submission", "candidate"} <= rows[0].keys():
        raise UserError(f"{path}: needs a header with the columns submission and candidate, and a row for each of them")
    names = {(row["submission"] or "").strip(): (row["candidate"] or "").strip() for row in rows}
    if "" in names or "" in names.values() or len(names) != len(rows):
        raise UserError(f"{path}: an empty cell, or two rows for one submission")
    return {_without_ending(name): candidate for name, candidate in names.items()}


def reproduce(
    run: Run, submission: Path, *, exam: str = EVERYTHING, packs: Sequence[Path] = ()
) -> tuple[list[str], Run]:
    """Judge a submission again with the seeds that a run has revealed.

    Args:
        run: of the same submission.
        submission: folder or archive.
        exam: file or name of the exam that it was judged on.
        packs: more challenges.

    Returns:
        One line for each check whose verdict differs, and the new run. A check that was inconclusive in one of the two
        came to no verdict that could differ.

    Raises:
        UserError: if the seed is secret or not the one that was committed to, or the submission, the exam or the
            challenges are others.
    """
    if run.run_seed is None or commit(run.run_seed) != run.run_seed_hash:
        raise UserError(f"run {run.run_id}: its seed is not revealed, or not the one that was committed to")
    only = [challenge.slug for challenge in run.challenges]
    with tempfile.TemporaryDirectory(prefix="ptassess-") as folder:
        how = {"exam": exam, "exam_seed": run.exam_seed, "packs": packs, "only": only}
        (graded,) = grade([submission], Path(folder), seed=run.run_seed, **how)  # type: ignore[arg-type]
    if graded.run is None:
        raise UserError(f"{submission}: {graded.reason}")
    again = graded.run
    if again.submission.digest != run.submission.digest:
        raise UserError(f"{submission}: not the submission of run {run.run_id}; its files differ")
    if again.exam_digest != run.exam_digest:
        raise UserError(f"{exam}: not the exam of run {run.run_id}; name that one with --exam")
    if [c.digest for c in again.challenges] != [c.digest for c in run.challenges]:
        raise UserError(f"run {run.run_id}: the challenges have changed since; install ptassess {run.ptassess}")
    before = {(check.challenge, check.check): check.outcome for check in run.checks}
    told = []
    for check in again.checks:
        then = before.get((check.challenge, check.check))
        if then != check.outcome and "inconclusive" not in {then, check.outcome}:
            told.append(f"{check.challenge}: {check.check}: {then}, now {check.outcome}")
    return told, again


def write_index(results: Sequence[Graded], out: Path) -> Path:
    """Write the cohort's page.

    Args:
        results: in any order; the page ranks them.
        out: folder that holds the scorecards.

    Returns:
        ``out/index.html``.
    """
    from ptassess import render

    entries = [
        render.Entry(run=graded.run, href=graded.scorecard.relative_to(out).as_posix(), candidate=graded.name)
        if graded.run and graded.scorecard
        else render.Entry(candidate=graded.name, reason=graded.reason)
        for graded in results
    ]
    render.write_index(entries, out / "index.html")
    return out / "index.html"


def percent(graded: Graded) -> float:
    """The score of a submission in per cent of the points that were decided; 0 if it could not be graded.

    Args:
        graded: the entry.
    """
    return (score(graded.run).total.score or 0.0) if graded.run else 0.0


def _targets(challenges: Catalogue, only: Sequence[str]) -> list[Path]:
    unknown = [slug for slug in only if slug not in challenges.challenges]
    if unknown:
        known = ", ".join(challenges.challenges) or "none"
        raise UserError(f"{unknown[0]}: no such competency; there are: {known}")
    targets: list[Path] = []
    for slug, challenge in challenges.challenges.items():
        if only and slug not in only:
            continue
        targets.append(challenge.home)
        private = challenges.private.get(slug)
        if private and not private.is_relative_to(challenge.home):
            targets.append(private)
    if not targets:
        raise UserError("no challenge is installed; `ptassess doctor` says where they are looked for")
    return targets


def _longest(challenges: Catalogue, only: Sequence[str]) -> float:
    """Seconds after which a judge must have been stopped: every task's deadline, for more calls than checks make."""
    chosen = [c for slug, c in challenges.challenges.items() if not only or slug in only]
    return _START_SECONDS + _CALLS * sum(task.seconds for challenge in chosen for task in challenge.tasks)


def _names(submissions: Sequence[Path], roster: dict[str, str]) -> dict[Path, tuple[str, str]]:
    """A folder name for each submission's results, unique, and the candidate's name."""
    names: dict[Path, tuple[str, str]] = {}
    taken: set[str] = set()
    for path in submissions:
        base = folder = _key(path)
        count = 1
        while folder in taken:
            count += 1
            folder = f"{base}-{count}"
        taken.add(folder)
        names[path] = (folder, roster.get(base, folder))
    return names


def _key(path: Path) -> str:
    return _without_ending(path.resolve().name) or "submission"


def _without_ending(name: str) -> str:
    return next((name.removesuffix(ending) for ending in archive.SUFFIXES if name.endswith(ending)), name)


def _grade_one(path: Path, *, names: dict[Path, tuple[str, str]], **how: Any) -> Graded:
    """Grade a submission; a bad one is an entry with its reason."""
    folder, name = names[path]
    try:
        if not archive.is_archive(path):
            return _judge(Submission.open(path), folder, name, **how)
        scratch = tempfile.mkdtemp(prefix="ptassess-")
        try:
            return _judge(Submission.open(archive.unpack(path, Path(scratch))), folder, name, **how)
        finally:
            folders.remove(scratch)
    except PtassessError as error:
        return Graded(name=name, reason=str(error))
    except Exception as error:  # noqa: BLE001  one submission's trouble is not the end of the others' grading
        return Graded(name=name, reason=f"{type(error).__name__}: {error}".splitlines()[0])


def _judge(  # noqa: PLR0913
    submission: Submission,
    folder_name: str,
    name: str,
    *,
    out: Path,
    targets: Sequence[Path],
    seed: int | None,
    exam: str,
    exam_seed: int | None,
    isolation: str | None,
    packs: Sequence[Path],
    seconds: float,
) -> Graded:
    folder = out / folder_name
    folder.mkdir(parents=True, exist_ok=True)
    run_file, page, log = folder / "run.json", folder / "scorecard.html", folder / "pytest.log"
    for old in (run_file, page):
        old.unlink(missing_ok=True)
    scratch = tempfile.mkdtemp(prefix="ptassess-")
    try:
        copy = _snapshot(submission, Path(scratch) / folder_name)
        command = [
            sys.executable, "-P", "-m", "pytest",
            "-c", str(INI), "--rootdir", str(INI.parent), "--noconftest",
            "-p", "ptassess.pytest_plugin",
            "--ptassess-door", "graded", "--submission", str(copy), f"--candidate={name}",
            "--run-file", str(run_file), "--scorecard", str(page),
            "--exam", exam,
            *(["--exam-seed", str(exam_seed)] if exam_seed is not None else []),
            *(["--isolation", isolation] if isolation else []),
            *(argument for pack in packs for argument in ("--pack", str(pack.resolve()))),
            *map(str, targets),
        ]  # fmt: skip
        status = _run(command, log, seed, seconds)
    finally:
        folders.remove(scratch)
    if not run_file.is_file():
        return Graded(name=name, reason=_reason(log, status, seconds))
    run = store.read(run_file)
    if not run.complete:
        # Its score would be that of the part which a solution, by ending the judge, may have chosen.
        return Graded(name=name, reason=f"only a part of its checks ran: {_reason(log, status, seconds)}")
    return Graded(name=name, run=run, run_file=run_file, scorecard=page)


def _run(command: list[str], log: Path, seed: int | None, seconds: float) -> int | None:
    """Run a judge; gives its exit status, or None if it did not end in time.

    A seed that was given reaches it through a pipe, which no other process can read.
    """
    reading, writing = os.pipe()
    try:
        os.write(writing, f"{secrets.randbits(48) if seed is None else seed}\n".encode())
        os.close(writing)
        with log.open("wb") as stream:
            judge = subprocess.Popen(  # noqa: S603  our own interpreter; the submission is an argument, never a command
                [*command, "--seed", f"fd:{reading}"],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=scrubbed_environment(),
                cwd="/",
                pass_fds=(reading,),
            )
        try:
            return judge.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if judge.poll() is None:
                processes.kill_tree(judge.pid)
                judge.wait()
    finally:
        os.close(reading)


def _snapshot(submission: Submission, to: Path) -> Path:
    """Copy the regular files of ``solutions/``: they cannot change meanwhile, and no configuration comes along."""
    for source in submission.files():
        target = to / "solutions" / source.relative_to(submission.solutions)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target, follow_symlinks=False)
    return to


def scrubbed_environment() -> dict[str, str]:
    """The judge's environment: what it needs, and nothing that could steer it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PY_COLORS": "0", "COLUMNS": "100"}


def _reason(log: Path, status: int | None, seconds: float) -> str:
    if status is None:
        return f"its judge did not end within {seconds:.0f} s and was ended; see {log}"
    if status == pytest.ExitCode.INTERRUPTED:
        return f"its judge was interrupted; see {log}"
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("ERROR: ")), lines[-1] if lines else "it said nothing")
    return f"{said.removeprefix('ERROR: ')} (pytest ended with status {status}; see {log})"
