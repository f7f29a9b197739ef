"""Where the results of all processes come together: the run file, the scorecard, the closing table, the exit status."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ptassess import summary
from ptassess._version import __version__
from ptassess.brief import without_tasks
from ptassess.check import CHECK
from ptassess.content import digest
from ptassess.errors import UserError
from ptassess.exam import commit
from ptassess.findings import gathered
from ptassess.machine import machine_facts
from ptassess.measure.peaks import with_known_peaks
from ptassess.outcomes import exit_status
from ptassess.result import ChallengeFacts, CheckResult, Finding, Run, TaskFacts
from ptassess.sandbox import choose
from ptassess.sandbox.cleaning import one_line
from ptassess.scoring import Score, score
from ptassess.stamping import shortcomings

if TYPE_CHECKING:
    from ptassess.assessment import Assessment
    from ptassess.challenge import Challenge
    from ptassess.sandbox import Level

_PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "pytest",
    "scikit-learn",
    "safetensors",
    "ptassess",
    "ptassess-grader",
)

_NAME, _LINE, _DETAIL = 100, 400, 8_000  # characters kept of a name, a line, a text
# The checks that were selected: {slug: {"home": path, "private": bool, "tasks": {task: [check]}}}
_Offered = dict[str, dict[str, Any]]


class Recorder:
    """Gathers the results; under xdist it lives in the controller only.

    Args:
        assessment: what it records.

    Raises:
        UserError: if the run file or the scorecard could not be written in the end.
    """

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.results: dict[str, CheckResult] = {}
        self.offered: _Offered = {}
        self.run: Run | None = None
        self.score: Score | None = None
        self.written: list[str] = []
        # A node id chooses as `-k` does, without a word to this hook: pytest_deselected.
        self._deselected = any("::" in argument for argument in assessment.config.args)
        self._started = time.time()
        for path in (assessment.settings.run_file, assessment.settings.scorecard):
            if path is not None:
                _check_writable(path)

    # -- gathering ---------------------------------------------------------------------------------------------

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what this process will run; under xdist the workers tell (``pytest_testnodedown``)."""
        self.offered = offered(session.items)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note that the run is only a part."""
        self._deselected = self._deselected or any(item not in self.assessment.not_offered for item in items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what an xdist worker was to run."""
        told = getattr(node, "workeroutput", {}).get("ptassess_offered", {})
        self.offered = self.offered or told

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a check; what goes wrong after it replaces a pass, never a failure."""
        raw = getattr(report, "ptassess", None)
        known = self.results.get(report.nodeid)
        if raw is not None and (known is None or known.outcome == "passed"):
            self.results[report.nodeid] = msgspec.convert(raw, CheckResult)

    # -- the end -----------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        """Write what was asked for; set the exit status; lose nothing of an interrupted run."""
        if self.assessment.only_collects or not self.results:
            return (yield)
        interrupted = exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self.run = self._run(complete=not (interrupted or self._deselected or session.shouldstop or session.shouldfail))
        self.score = score(self.run)
        try:
            self._write(self.run)
        except UserError as error:
            self.written.append(str(error))
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            minimum = float(session.config.getini("ptassess_min_coverage"))
            outcomes = [result.outcome for result in self.results.values()]
            status = exit_status(outcomes, self.score.total.coverage, minimum)
            session.exitstatus = session.exitstatus if status is None else status
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the closing table."""
        if self.run is not None and self.score is not None:
            summary.write(terminalreporter, self.run, self.score)
            for line in self.written:
                terminalreporter.write_line(line)

    def _write(self, run: Run) -> None:
        settings = self.assessment.settings
        if settings.run_file:
            from ptassess import store

            store.write(run, settings.run_file)
            self.written.append(f"run file: {_short(settings.run_file)}")
        if settings.scorecard:
            from ptassess import render

            render.write_scorecard(run, settings.scorecard)
            self.written.append(f"scorecard: {_short(settings.scorecard)}")
        if settings.door == "graded":  # it is finished when the grader has given it its stamp, who tells the plugins
            self.written.clear()
        elif settings.run_file:
            catalogue = self.assessment.catalogue
            known = len(catalogue.problems)
            catalogue.gather("ptassess_run_finished", run=run, path=settings.run_file)
            self.written += catalogue.problems[known:]

    def _run(self, *, complete: bool) -> Run:
        settings, submission = self.assessment.settings, self.assessment.submission
        handed_in, exam = self.assessment.handed_in, self.assessment.exam
        findings = self._findings()  # before the notes, which tell what went wrong with them
        started, level = _iso(self._started), self._level()
        facts = [self._facts(slug, Path(told["home"])) for slug, told in self.offered.items()]
        run = Run(
            ptassess=__version__,
            run_id=_run_id(started),
            candidate=one_line(settings.candidate or handed_in.name, _NAME),
            stamp="practice" if settings.door == "practice" else "graded",
            started=started,
            finished=_iso(time.time()),
            seconds=round(time.time() - self._started, 3),
            submission=handed_in,
            exam=exam.name,
            exam_digest=exam.digest(),
            exam_seed=exam.seed,
            cut_scores=exam.cut_scores,
            roles=exam.roles,
            run_seed_hash=commit(settings.seed),
            run_seed=settings.seed,
            seed_given=settings.seed_given,
            profile=settings.profile,
            device=_device(settings.device),
            isolation=level.name,
            machine=with_known_peaks(machine_facts()),
            git=_git(submission.root) if submission else {},
            packages=packages(),
            challenges=tuple(sorted(facts, key=lambda challenge: challenge.syllabus or 1_000)),
            checks=tuple(self.results.values()),
            findings=findings,
            notes=tuple(self.assessment.catalogue.problems),
            complete=complete,
        )
        # In grading, the process that had this one judge has the last word on it, and signs.
        return msgspec.structs.replace(run, unverified_because=tuple(shortcomings(run, level)))

    def _level(self) -> Level:
        """The level of the wall; under xdist the controller has no wall, and the workers choose as it would."""
        return choose(self.assessment.level, self.assessment.levels())

    def _findings(self) -> tuple[Finding, ...]:
        """What plugins point at; in grading only: no candidate needs to hear that somebody suspects them."""
        submission = self.assessment.submission
        if submission is None or self.assessment.settings.door == "practice":
            return ()
        known = self.assessment.catalogue.challenges
        challenges = [known[slug] for slug in self.offered if slug in known]
        return gathered(self.assessment.catalogue, submission, challenges)

    def _facts(self, slug: str, home: Path) -> ChallengeFacts:
        challenge = self.assessment.challenge_of(home / "challenge.py")[0]
        told = self.offered[slug]
        not_asked = [task.name for task in challenge.tasks if not self.assessment.exam.offers(slug, task.name)]
        return ChallengeFacts(
            slug=slug,
            title=challenge.title,
            syllabus=challenge.syllabus,
            digest=digest(home, self.assessment.private_folder(challenge)),
            tasks=tuple(
                TaskFacts(
                    name=task.name,
                    points=self.assessment.exam.points(slug, task),
                    level=task.level,
                    minutes=task.minutes,
                    kind=task.kind,
                    checks=tuple(told["tasks"][task.name]),
                )
                for task in challenge.tasks
                if task.name in told["tasks"]
            ),
            brief=without_tasks(challenge.brief(), not_asked),
            has_private=told["private"],
        )


class Teller:
    """In an xdist worker: tells the controller what was offered."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send it with the worker's last message."""
        session.config.workeroutput["ptassess_offered"] = offered(session.items)  # type: ignore[attr-defined]  # xdist's


def offered(items: list[pytest.Item]) -> _Offered:
    """Which checks were selected, by challenge and task, in plain data.

    Args:
        items: pytest's.
    """
    by_challenge: dict[str, tuple[Challenge, bool, dict[str, list[str]]]] = {}
    for item in items:
        check = item.stash.get(CHECK, None)
        if check is None:
            continue
        slug = check.challenge.slug
        challenge, private, tasks = by_challenge.get(slug, (check.challenge, False, defaultdict(list)))
        tasks[check.task.name].append(check.name)
        by_challenge[slug] = (challenge, private or check.private, tasks)
    return {
        slug: {"home": str(challenge.home), "private": private, "tasks": dict(tasks)}
        for slug, (challenge, private, tasks) in by_challenge.items()
    }


def _check_writable(path: Path) -> None:
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot make the folder ({error.strerror}); name another place") from None
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder}: cannot write there; name another place")


def _device(asked_for: str) -> str:
    """What the fixture ``device`` gave to checks."""
    if asked_for != "auto":
        return asked_for
    torch = sys.modules.get("torch")  # where no check imported it, none had a device
    found = torch.accelerator.current_accelerator(check_available=True) if torch else None
    return str(found.type) if found else "cpu"


def packages() -> dict[str, str]:
    """Versions of the packages that a result depends on, by distribution."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _git(root: Path) -> dict[str, Any]:
    """Commit of the submission's repository; empty if it is none, or there is no git."""
    if not (root / ".git").exists():
        return {}
    try:
        # No hook, filter or pager of the candidate's repository may run: only plumbing that reads.
        commit_id = subprocess.run(  # noqa: S603
            ["git", "-C", str(root), "rev-parse", "HEAD"],  # noqa: S607  whichever git the grader has
            capture_output=True, text=True, timeout=10, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": commit_id}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _run_id(started: str) -> str:
    """Sortable by time, unique by process."""
    salt = hashlib.sha256(f"{started}/{os.getpid()}/{sys.argv}".encode()).hexdigest()[:8]
    return f"{started[:19].replace('-', '').replace(':', '')}-{salt}"


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
