"""One assessment inside one pytest process: from the checks that were collected to a verdict on each."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ptassess import failures, keys, margins
from ptassess.brief import hint_for
from ptassess.challenge import Challenge, Task
from ptassess.check import CHECK, FINDINGS, Check, Contestant, Findings, mark_of
from ptassess.errors import ContentError, SolutionError, SubmissionError, UserError
from ptassess.exam import Exam, find
from ptassess.matrix import ENTRY, Entry, Matrix
from ptassess.options import Settings, settings_of
from ptassess.outcomes import outcome_of, status_of
from ptassess.quiz import Quiz
from ptassess.repeating import REPEATED, Repeats
from ptassess.result import CheckResult, SubmissionFacts
from ptassess.sandbox import Closing, Limits, choose, open_wall, processes, refuse_unknown
from ptassess.sandbox.cleaning import clean, in_full, one_line
from ptassess.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Generator

    from ptassess.registry import Catalogue
    from ptassess.sandbox import Level, Solution, Wall

_LINE, _DETAIL, _OUTPUT = 400, 8_000, 8_000  # characters kept of a message, its detail, and what was printed


def begin(config: pytest.Config) -> Assessment:
    """Start an assessment: resolve the settings, register the fixtures and hooks.

    Args:
        config: pytest's.

    Raises:
        pytest.UsageError: one line, if something in the set-up cannot be used.
    """
    from ptassess import fixtures
    from ptassess.races import TIMING, Timing
    from ptassess.recorder import Recorder, Teller

    try:
        settings = settings_of(config)
        if settings.parent is not None:  # no judge outlives its grader, whose next start judges anew
            processes.die_with(settings.parent)
        assessment = Assessment(config, settings)
        is_worker = hasattr(config, "workerinput")
        if not assessment.matrix:
            config.pluginmanager.register(Teller() if is_worker else Recorder(assessment), "ptassess-recorder")
    except UserError as error:
        raise pytest.UsageError(f"ptassess: {clean(str(error), _DETAIL)}") from None
    config.pluginmanager.register(assessment, "ptassess-assessment")
    config.pluginmanager.register(fixtures, "ptassess-fixtures")
    config.pluginmanager.register(Timing(assessment), TIMING)
    config.pluginmanager.register(assessment.repeats, "ptassess-repeats")
    return assessment


class Assessment:
    """The hooks of one assessment, and what its fixtures stand on.

    Args:
        config: pytest's.
        settings: the resolved options.

    Raises:
        UserError: if the submission or the isolation level cannot be had.
        pytest.UsageError: if the import mode would let a submission import the checks' own modules.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.config = config
        self.settings = settings
        self.matrix = Matrix.load(*settings.matrix) if settings.matrix else None
        self.repeats = Repeats()
        self.only_collects = bool(config.getoption("collectonly"))
        self._preload: tuple[str, ...] = ()
        self._challenges: dict[Path, tuple[Challenge, bool]] = {}
        if config.getoption("importmode") != "importlib":
            raise pytest.UsageError(
                "ptassess: challenges need --import-mode=importlib (in pytest's other modes a submission can import "
                "the checks' own modules); add it to the command line or to addopts"
            )
        self.submission = Submission.open(settings.submission) if settings.submission else None
        # What was handed in is what lay there before any of it ran; a worker of a weak level could write there later.
        self.handed_in = self._handed_in()
        self.not_offered: list[pytest.Item] = []  # the exam's doing: such a run is not only a part
        self._quizzes: dict[str, Quiz] = {}
        self._told: dict[tuple[str, ...], str] = {}
        if not (self.submission or self.matrix or self.only_collects):
            raise pytest.UsageError(
                "ptassess: no submission named; type `pytest challenges/ --submission DIR`, where DIR holds solutions/ "
                "(`ptassess start DIR` makes one)"
            )
        _ = self.exam
        refuse_unknown(self.level, self.levels())
        if not self.only_collects:
            choose(self.level, self.levels())  # a level that cannot be had ends the run here, with its reason
        controls_xdist = getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput")
        if not (self.only_collects or controls_xdist):
            _ = self.wall  # starts its zygote now, hidden behind the collection

    def _handed_in(self) -> SubmissionFacts:
        """What grading noted when it made the copy that is judged; the copy itself lacks what was left out."""
        if self.settings.facts:
            return msgspec.json.decode(self.settings.facts.read_bytes(), type=SubmissionFacts)
        return self.submission.facts() if self.submission else SubmissionFacts(name="")

    @cached_property
    def catalogue(self) -> Catalogue:
        """Every challenge that is installed, in the checkout, or in a pack."""
        from ptassess.registry import catalogue

        return catalogue(self.settings.packs)

    @cached_property
    def level(self) -> str | None:
        """The isolation that was asked for; a debugger can only step through code in this process."""
        if self.settings.exactly is not None:
            return self.settings.exactly
        if self.settings.isolation is None and self.config.getoption("usepdb", default=False):
            return "inprocess"
        return self.settings.isolation

    def levels(self) -> list[Level]:
        """The levels of isolation to choose from."""
        return [level for level in self.catalogue.levels() if self.settings.exactly in {None, level.name}]

    @cached_property
    def exam(self) -> Exam:
        """What is asked; in a kit its pytest.ini names the kit's exam, in grading no file of a candidate decides."""
        exam = find(self.settings.exam)[0] if self.settings.exam else Exam()
        seed = self.settings.exam_seed
        return exam if seed is None else msgspec.structs.replace(exam, seed=seed)

    @cached_property
    def wall(self) -> Wall:
        """The wall between this process and candidates' code; one that is kept from run to run, if somebody does."""
        hidden = [*self.catalogue.private.values(), keys.private_folder()]
        keeper = self.config.pluginmanager.get_plugin("ptassess-keeper")
        if keeper is not None:
            return keeper.open(self.level, self.levels(), hidden)  # type: ignore[no-any-return]
        return open_wall(self.level, self.levels(), hidden=hidden)

    # -- which check is it -------------------------------------------------------------------------------------

    def challenge_of(self, path: Path) -> tuple[Challenge, bool]:
        """The challenge whose check lies in a file, and whether the file is private.

        Args:
            path: the test file.

        Raises:
            ContentError: if the folder's ``challenge.py`` cannot be used.
        """
        folder = path.parent
        if folder not in self._challenges:
            from ptassess.registry import load_challenge

            private = folder.name == "private"
            home = folder.parent if private else folder
            if (home / "challenge.py").is_file():
                challenge = load_challenge(home)
            else:
                found = self.catalogue.challenges.get(home.name)
                if found is None:
                    raise ContentError(f"{folder}: private checks of an unknown challenge; install its public half")
                challenge = found
            self._challenges[folder] = (challenge, private)
        return self._challenges[folder]

    def private_folder(self, challenge: Challenge) -> Path | None:
        """Where a challenge's private half lies, or None.

        Args:
            challenge: the public half.
        """
        beside = challenge.home / "private"
        return beside if beside.is_dir() else self.catalogue.private.get(challenge.slug)

    def _check_of(self, item: pytest.Function) -> Check:
        challenge, private = self.challenge_of(item.path)
        mark = mark_of(item)
        params = getattr(getattr(item, "callspec", None), "params", {})
        entry = params.get(ENTRY)
        entry = entry if isinstance(entry, Entry) else None  # pytest's placeholder where the plan has no entry for it
        name = item.name if entry is None else _without(item.name, entry.label)
        words = item.originalname.removeprefix("test_").replace("_", " ")
        doc = (item.obj.__doc__ or words).strip().splitlines()[0].rstrip(".")
        params_of_it = name.partition("[")[2].removesuffix("]")
        return Check(
            challenge=challenge,
            task=challenge.task(mark.task),
            name=name,
            private=private,
            half=(private and self.private_folder(challenge)) or challenge.home,
            weight=mark.weight,
            role=mark.role,
            advisory=mark.advisory,
            title=f"{doc} ({params_of_it})" if params_of_it else doc,
            entry=entry,
        )

    # -- fixtures' needs ---------------------------------------------------------------------------------------

    def _unchanged_submission(self) -> Submission:
        assert self.submission is not None
        if self.settings.door == "graded" and self.submission.facts().digest != self.handed_in.digest:
            raise SubmissionError("the files of the submission changed while it was judged")
        return self.submission

    def quiz(self, check: Check) -> Quiz:
        """The candidate's answers to a challenge's questions.

        Args:
            check: of the quiz.

        Raises:
            SubmissionError: if the answers cannot be read.
        """
        slug = check.challenge.slug
        key = f"{slug} {check.entry.label}" if check.entry else slug
        if key not in self._quizzes:
            answers = (
                check.entry.quiz if check.entry else self._unchanged_submission().quiz(slug, self.handed_in.ignored)
            )
            self._quizzes[key] = Quiz.open(
                check.challenge.home / "quiz.py",
                answers=answers,
                private=self.private_folder(check.challenge),
                exam_seed=self.exam.seed,
                shown_as=f"solutions/{slug}.quiz.toml",
            )
        return self._quizzes[key]

    def open(self, item: pytest.Item, which: str) -> Solution:
        """Open a handle on one of a check's contestants; it is closed when the check ends.

        Args:
            item: the check.
            which: ``solution``, ``reference`` or ``baseline``.

        Raises:
            ContentError: if the challenge has no such file here.
        """
        check = item.stash[CHECK]
        handle = self.open_for(check.challenge, check.task, which, check.entry)
        item.stash[FINDINGS].handles.append(handle)
        return handle

    def open_for(self, challenge: Challenge, task: Task, which: str, entry: Entry | None) -> Solution:
        """Open a handle on one of a challenge's contestants.

        Args:
            challenge: whose.
            task: whose limits it has.
            which: ``solution``, ``reference`` or ``baseline``.
            entry: of an admission run, or None.

        Raises:
            ContentError: if the challenge has no such file here.
        """
        files = self.contestant(challenge, which, entry)
        limits = Limits(seconds=task.seconds, memory_mb=task.memory_mb)
        return self.wall.solution(files.path, limits=limits, shown_as=files.shown_as, overlay=files.overlay)

    def contestant(self, challenge: Challenge, which: str, entry: Entry | None) -> Contestant:
        """The file of one of a challenge's contestants.

        Args:
            challenge: whose.
            which: ``solution``, ``reference`` or ``baseline``.
            entry: of an admission run, or None.

        Raises:
            ContentError: if the challenge has no such file here.
        """
        slug = challenge.slug
        if which == "solution" and entry is not None:
            shown = entry.solution.name if entry.solution else f"solutions/{slug}.py"
            return Contestant(path=entry.solution, shown_as=shown, overlay=entry.overlay)
        if which == "solution":
            submission = self._unchanged_submission()
            path = submission.solution(slug, self.handed_in.ignored)
            shown = f"solutions/{path.relative_to(submission.solutions)}" if path else f"solutions/{slug}.py"
            return Contestant(path=path, shown_as=shown)
        private = self.private_folder(challenge)
        path = challenge.home / "baseline.py" if which == "baseline" else private and private / "reference.py"
        if path is None or not path.is_file():
            raise ContentError(f"challenge {slug} has no {which}.py here")
        return Contestant(path=path, shown_as=f"{slug}/{which}.py")

    # -- pytest's hooks ----------------------------------------------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """In an admission run, repeat each check over the plan's entries."""
        from ptassess.pytest_plugin import is_challenge_test

        if self.matrix and is_challenge_test(Path(metafunc.module.__file__ or "")):
            self.matrix.parametrize(metafunc)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Tell the challenges' checks from other tests, and leave out what the profile does not offer."""
        from ptassess.pytest_plugin import is_challenge_test

        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        try:
            for item in items:
                if isinstance(item, pytest.Function) and is_challenge_test(item.path):
                    item.stash[CHECK] = check = self._check_of(item)
                    item.stash[FINDINGS] = Findings()
                    if not config.getoption("fulltrace"):
                        failures.spare_traceback(item)
                    item.extra_keyword_matches.add(check.task.name)  # so that `-k` finds a task's checks
                    if self.matrix or self.exam.offers(check.challenge.slug, check.task.name):
                        (kept if self._is_chosen(item, check) else dropped).append(item)
                    else:
                        self.not_offered.append(item)
                else:
                    kept.append(item)
            _refuse_twins(kept)
        except UserError as error:
            raise pytest.UsageError(f"ptassess: {error}") from None
        if dropped or self.not_offered:
            config.hook.pytest_deselected(items=dropped + self.not_offered)
        self._preload = tuple(sorted({name for c, _ in self._challenges.values() for name in c.preload}))
        # What the candidate has seen comes first.
        items[:] = sorted(kept, key=lambda item: CHECK in item.stash and item.stash[CHECK].private)

    def _is_chosen(self, item: pytest.Item, check: Check) -> bool:
        if self.matrix:
            return check.entry is not None and not self.matrix.is_done(check.entry, check.name)
        if self.settings.tasks:
            names = {check.task.name, f"{check.challenge.slug}.{check.task.name}"}
            if names.isdisjoint(self.settings.tasks):
                return False
        if self.settings.profile == "smoke":
            return check.task.level != "expert" and item.get_closest_marker("gpu") is None
        if self.settings.profile == "gpu":
            return item.get_closest_marker("gpu") is not None or "cuda" in check.task.needs
        return True

    def pytest_collection_finish(self) -> None:
        """Wait for the wall here, so that no check's time has its start in it."""
        if "wall" in self.__dict__:
            self.wall.preload(self._preload)

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what is about to be assessed, how, and how to repeat it."""
        if self.only_collects or self.matrix:
            return []
        assert self.submission is not None
        where = in_full(self.submission.root.name or str(self.submission.root))
        lines = [f"ptassess: {where}, isolation {self.wall.level}, seed {self.settings.seed}"]
        if self.settings.door != "practice":  # nothing secret on a screen that may be shared
            lines = [f"ptassess: {where}, isolation {self.wall.level}, secret seed"]
        if self.wall.level == "inprocess":
            lines.append("ptassess: no wall at this level: the solution runs inside pytest; never a graded score")
        lines += [f"ptassess: {problem}" for problem in self.catalogue.problems]
        return lines

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note how much of what the check allows was used."""
        margins.begin()
        try:
            return (yield)
        finally:
            share = margins.end()
            if share is not None and FINDINGS in item.stash:
                item.stash[FINDINGS].evidence[margins.NAME] = share

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn what a check raised, said and measured into its result."""
        report = yield
        check = item.stash.get(CHECK, None)
        if check is not None:
            failures.clean_sections(report)
        if check is None or (call.when != "call" and call.excinfo is None):
            return report
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
            return report
        closings = [_close(handle) for handle in item.stash[FINDINGS].handles]
        item.stash[FINDINGS].handles.clear()
        if self.repeats.wants(item, error, closings):
            report.outcome = REPEATED
            return report
        result = self._result(item, check, call, error, closings)
        report.ptassess = msgspec.to_builtins(result)  # type: ignore[attr-defined]  # plain data, so that it crosses xdist
        item.user_properties += failures.properties(result)
        full = bool(self.config.getoption("fulltrace"))
        hint = self.settings.door == "practice" and hint_for(check.challenge.hints(), check.task.name) is not None
        failures.show(
            report, item, result, call.excinfo, full=full, seed=self.settings.seed, hint=hint, told=self._told
        )
        failures.clean_traceback(report)
        if self.matrix and check.entry:
            raw = (
                error is not None
                and not isinstance(error, (AssertionError, SolutionError, SubmissionError))
                and result.outcome == "failed"
            )
            self.matrix.record(check.entry, result, raw=raw)
        return report

    def _result(
        self,
        item: pytest.Item,
        check: Check,
        call: pytest.CallInfo[None],
        error: BaseException | None,
        closings: list[Closing],
    ) -> CheckResult:
        findings = item.stash[FINDINGS]
        outcome = outcome_of(call.when, error)
        message, detail = failures.message_of(error)
        if outcome == "passed" and findings.credit < 1:
            message = findings.reason
        return CheckResult(
            challenge=check.challenge.slug,
            task=check.task.name,
            check=check.name,
            nodeid=item.nodeid,
            private=check.private,
            role=check.role,  # type: ignore[arg-type]  # checked when it was collected
            weight=check.weight,
            outcome=outcome,
            cause=error.cause if isinstance(error, (SolutionError, SubmissionError)) else None,  # type: ignore[arg-type]
            credit=min(1.0, max(0.0, float(findings.credit))) if outcome == "passed" else 0.0,
            seconds=call.duration,
            worker_seconds=sum(closing.seconds for closing in closings),
            title=check.title,
            message=one_line(message, _LINE),
            detail=clean(detail, _DETAIL),
            output=clean("".join(closing.output for closing in closings), _OUTPUT),
            evidence=failures.plain(findings.evidence),
            advisory=check.advisory,
        )

    def pytest_report_teststatus(self, report: pytest.TestReport) -> Any:
        """Give our outcomes a letter, a word and a colour of their own."""
        result = getattr(report, "ptassess", None)
        return status_of(result["outcome"]) if result else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Take the wall down, with everything that still runs behind it."""
        if "wall" in self.__dict__ and not self.config.pluginmanager.has_plugin("ptassess-keeper"):
            self.wall.close()
        if self.matrix:
            self.matrix.close()


def _refuse_twins(items: list[pytest.Item]) -> None:
    """Results are kept by challenge and name: of two checks with one name, one would hide the other."""
    seen: dict[tuple[str, str, str], pytest.Item] = {}
    for item in items:
        check = item.stash.get(CHECK, None)
        if check is None:
            continue
        key = (check.challenge.slug, check.name, check.entry.label if check.entry else "")
        if key in seen:
            raise ContentError(f"{item.path.name}: {check.name} is also in {seen[key].path.name}; rename one")
        seen[key] = item


def _close(handle: Solution) -> Closing:
    """End a worker; whatever goes wrong with that must not end the run with it."""
    try:
        return handle.close()
    except Exception as error:  # noqa: BLE001  a solution may have had its hands in it
        return Closing(output=f"(its end went wrong: {type(error).__name__}: {error})")


def _without(name: str, label: str) -> str:
    """A test's name without the admission run's part of its parameters, which stands first."""
    base, _, params = name.partition("[")
    rest = params.removesuffix("]").removeprefix(label).removeprefix("-")
    return f"{base}[{rest}]" if rest else base
