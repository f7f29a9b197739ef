"""The door for scores: many submissions in, one run file and scorecard each out.

A batch can be begun again at any time and after any end: what is finished is kept, the rest is judged (``resume``).
Every submission is judged by a pytest of its own (``judging``).

When a judge has ended, this process gives its run the stamp, and signs it if it is *verified* (``ptassess.stamping``):
no judge, and no machine that an executor sends submissions to, ever holds the private key.
"""

from __future__ import annotations

import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ptassess import content, finishing, resume, stamping, workplace
from ptassess.entries import Found, Name, find, key, name_all, read_roster, refuse_results_among
from ptassess.errors import Interrupted, PtassessError, UserError
from ptassess.exam import EVERYTHING, commit, examine
from ptassess.exam import find as find_exam
from ptassess.finishing import Finisher
from ptassess.hookspecs import Page
from ptassess.judging import Batch, finish, judge
from ptassess.recorder import packages
from ptassess.registry import Catalogue, catalogue
from ptassess.resume import Graded, Standing, Wanted
from ptassess.running import judges
from ptassess.sandbox.cleaning import in_full
from ptassess.sandbox.levels import choose
from ptassess.scoring import score
from ptassess.wording import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ptassess.hookspecs import Executor
    from ptassess.keys import PrivateKey
    from ptassess.result import Run
    from ptassess.sandbox import Level

__all__ = ["Graded", "find", "grade", "read_roster", "reproduce", "score_of", "survey", "write_index"]

_START_SECONDS = 120.0
_CALLS = 40  # of one task: the largest has a dozen checks of one to three calls, and timed ones run longer
_LINES = 10  # of one kind that a user is told
_NOT_YET = "not graded yet: the batch was interrupted"
_NOTHING = "the executor has given nothing for it; the same command tries again"


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A batch, before anything of it is judged."""

    names: dict[Path, Name]
    absent: tuple[Graded, ...]
    batch: Batch
    catalogue: Catalogue
    level: Level

    def standings(self, *, alone: bool = True) -> dict[Path, Standing]:
        """What earlier starts have left, by submission.

        Args:
            alone: whether no other grader is at work there, which could sweep what this one makes.
        """
        prefix = workplace.room_prefix(self.batch.out) if alone else "ptassess-"
        return {
            path: resume.look(path, self.batch.out / name.folder, name, self.batch.wanted, prefix)
            for path, name in self.names.items()
        }


def grade(  # noqa: PLR0913  the command line's options, keyword-only
    submissions: Sequence[Path] | Found,
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
    key: PrivateKey | None = None,
    again: bool = False,
    progress: Callable[[Graded], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[Graded]:
    """Grade submissions and write ``out/<name>/run.json``, ``out/<name>/scorecard.html`` and ``out/index.html``.

    Results that are there already are kept, if they are of the same files, exam, challenges, versions, isolation, name
    and seed.

    Args:
        submissions: as ``find`` gives them, or folders and archives.
        out: folder for the results, apart from the submissions; made if it is missing.
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
        key: signs runs that are *verified*; without one, none is.
        again: whether to forget all results that are there already.
        progress: called with each result as it comes, those that are there already first.
        tell: called with lines for the user: what is there already, and what is judged again, and why.

    Returns:
        One entry a submission, in their order, then those that can be none; a bad one is an entry with its reason.

    Raises:
        UserError: if nothing can be graded at all: an unknown competency, level or executor, a folder that cannot be
            written to (any more), another grader at work on it, or a key that lies where submissions could read it.
        Interrupted: by ``KeyboardInterrupt``; what is finished is stored, and shown in the index.
    """
    plan = _plan(
        submissions, out,
        seed=seed, exam=exam, exam_seed=exam_seed, isolation=isolation, packs=packs, only=only, roster=roster,
    )  # fmt: skip
    if key is not None and plan.level.verifies:
        stamping.refuse_exposed(key)
    chosen: Executor = plan.catalogue.named("ptassess_executors", executor)
    finisher = Finisher(plan.catalogue, list(plan.batch.wanted.challenges), plan.level, secret=seed is None, key=key)
    out = plan.batch.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        blocked = workplace.obstacle(out)
    except OSError as error:
        blocked = f"{out}: cannot write there ({error.strerror})"
    if blocked:
        raise UserError(f"{blocked}; make room, or name another folder with --out")
    with workplace.alone(out), finishing.working(out, finisher):
        workplace.sweep(out)
        try:
            return _grade(
                plan, finisher, chosen, jobs, again=again, progress=progress or _nothing, tell=tell or _nothing
            )
        finally:
            workplace.sweep(out)


def survey(submissions: Sequence[Path] | Found, out: Path, *, again: bool = False, **how: Any) -> list[tuple[str, str]]:
    """What ``grade`` would find done and what it would do, whether another grader is at work or not.

    Args:
        submissions: as for ``grade``.
        out: as for ``grade``.
        again: as for ``grade``.
        how: the other arguments of ``grade`` that a result depends on, and its roster.

    Returns:
        Candidates and what stands for them, in the submissions' order.

    Raises:
        UserError: as ``grade``.
    """
    plan = _plan(submissions, out, **how)
    is_held = workplace.is_held(plan.batch.out)
    told = []
    for path, standing in plan.standings(alone=False).items():
        if standing.begun and is_held:
            line = "being judged"
        elif again or standing.result is None:
            line = f"to be judged again: {standing.why}" if standing.why else "to be judged"
        else:
            line = f"graded: {percent(score_of(standing.result))} %" if standing.result.run else standing.result.reason
        told.append((plan.names[path].candidate, line))
    return told


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


def write_index(results: Sequence[Graded], out: Path, pages: Sequence[Page] = (), notes: Sequence[str] = ()) -> Path:
    """Write the cohort's page.

    Args:
        results: in any order; the page ranks them.
        out: folder that holds the scorecards.
        pages: more pages about all of them.
        notes: lines for the reader.

    Returns:
        ``out/index.html``.
    """
    from ptassess import render

    entries = [
        render.Entry(
            run=graded.run,
            href=graded.scorecard.relative_to(out).as_posix(),
            candidate=graded.name,
            findings=graded.findings.relative_to(out).as_posix() if graded.findings else "",
        )
        if graded.run and graded.scorecard
        else render.Entry(candidate=graded.name, reason=graded.reason)
        for graded in results
    ]
    render.write_index(entries, out / "index.html", pages=pages, notes=notes)
    return out / "index.html"


def score_of(graded: Graded) -> float:
    """The score of a submission in per cent of the points that were decided; 0 if it could not be graded.

    Args:
        graded: the entry.
    """
    return (score(graded.run).total.score or 0.0) if graded.run else 0.0


def _plan(  # noqa: PLR0913  as grade
    submissions: Sequence[Path] | Found,
    out: Path,
    *,
    seed: int | None = None,
    exam: str = EVERYTHING,
    exam_seed: int | None = None,
    isolation: str | None = None,
    packs: Sequence[Path] = (),
    only: Sequence[str] = (),
    roster: Path | None = None,
) -> _Plan:
    """Resolve what is asked for; what nobody could be graded on is said once, not once a submission."""
    asked, path = find_exam(exam)
    packs = tuple(pack.resolve() for pack in (*packs, *((path.parent if path else Path()) / p for p in asked.packs)))
    challenges = catalogue(packs)
    if wrong := examine(asked, challenges.challenges.values()):
        raise UserError(f"{exam}: {wrong[0]}")
    only = only or list(asked.offered(challenges.challenges.values()))
    targets = _targets(challenges, only)
    level = choose(isolation, challenges.levels())
    if not isinstance(submissions, Found):
        submissions = Found(submissions=list(submissions), refused={}, inboxes=[], told="")
    refuse_results_among(out, submissions.submissions, submissions.inboxes)
    roster = roster or submissions.roster()
    known = read_roster(roster) if roster else {}
    names = name_all(submissions.submissions, known)
    handed_in = {key(path) for path in submissions.submissions}
    wanted = Wanted(
        exam=asked.name,
        exam_digest=(asked if exam_seed is None else msgspec.structs.replace(asked, seed=exam_seed)).digest(),
        challenges={
            slug: content.digest(challenges.challenges[slug].home, challenges.private.get(slug)) for slug in only
        },
        isolation=level.name,
        packages=packages(),
        seed=seed,
    )
    batch = Batch(
        out=out.resolve(),
        targets=tuple(targets),
        exam=str(path.resolve()) if path else exam,
        exam_seed=exam_seed,
        isolation=isolation,
        packs=packs,
        seconds=_longest(challenges, only),
        wanted=wanted,
    )
    absent = [Graded(name=in_full(path.name), reason=why) for path, why in submissions.refused.items()]
    absent += [
        Graded(name=candidate, reason=f"handed nothing in (the roster expects {expected!r})")
        for expected, candidate in known.items()
        if expected not in handed_in
    ]
    return _Plan(names=names, absent=tuple(absent), batch=batch, catalogue=challenges, level=level)


def _grade(  # noqa: PLR0913
    plan: _Plan,
    finisher: Finisher,
    chosen: Executor,
    jobs: int,
    *,
    again: bool,
    progress: Callable[[Graded], None],
    tell: Callable[[str], None],
) -> list[Graded]:
    out = plan.batch.out
    if again:  # at once, so that what is interrupted can go on without it
        for name in plan.names.values():
            resume.forget(out / name.folder)
    standings = plan.standings()
    results = {path: standing.result for path, standing in standings.items() if standing.result}
    for line in _told(plan, standings):
        tell(line)
    for graded in results.values():
        _complete(graded)
        progress(graded)
    try:
        with closing(_judged(plan, chosen, jobs, standings)) as judged:
            for path, found in judged:
                results[path] = graded = _finished(found, out / plan.names[path].folder, finisher)
                if graded.blocked:
                    raise UserError(
                        f"{graded.blocked}; {_count(results)} of {len(standings)} are graded and kept; make room, then "
                        "the same command goes on"
                    )
                progress(graded)
    except KeyboardInterrupt:
        now = plan.standings()
        rows = [now[path].result or Graded(name=name.candidate, reason=_NOT_YET) for path, name in plan.names.items()]
        write_index([*rows, *plan.absent], out)
        done = sum(row.run is not None for row in rows)
        told = " without --again" if again else ""
        raise Interrupted(
            f"interrupted; {done} of {len(rows)} are graded and kept; the same command{told} goes on"
        ) from None
    in_order = [results.get(path) or Graded(name=n.candidate, reason=_NOTHING) for path, n in plan.names.items()]
    everybody = [*in_order, *plan.absent]
    write_index(everybody, out)  # whatever comes of the pages about all of them
    problems = len(plan.catalogue.problems)
    offered = [plan.catalogue.challenges[slug] for slug in plan.batch.wanted.challenges]
    pages = plan.catalogue.gather(
        "ptassess_cohort_finished", results=everybody, challenges=offered, private=plan.catalogue.private, out=out
    )
    notes = plan.catalogue.problems[problems:]
    write_index(everybody, out, [page for page in pages if isinstance(page, Page)], notes)
    return everybody


def _finished(found: Graded, place: Path, finisher: Finisher) -> Graded:
    """What an executor has had judged in another process than this one, finished."""
    if found.attempt is None:
        return found
    try:
        return finish(found, place, finisher)
    except (PtassessError, OSError) as error:
        return Graded(name=found.name, reason=str(error))


def _judged(
    plan: _Plan, chosen: Executor, jobs: int, standings: dict[Path, Standing]
) -> Generator[tuple[Path, Graded], None, None]:
    """Judge what has no result: first what no start has ended with, then, one by one, what may have ended several."""
    todo = sorted((path for path in standings if not standings[path].result), key=lambda path: standings[path].begun)
    together = [path for path in todo if standings[path].begun < resume.ALONE]
    one = partial(judge, batch=plan.batch, names=plan.names)
    for paths, count in ((together, max(1, jobs)), (todo[len(together) :], 1)):
        results = chosen.map(one, paths, count) if paths else ()
        try:
            yield from zip(paths, results, strict=False)  # what an executor leaves out is a row of its own
        finally:
            if close := getattr(results, "close", None):
                close()
            judges.end(plan.batch.out)


def _told(plan: _Plan, standings: dict[Path, Standing]) -> list[str]:
    """What is there already, and what is judged again, and why; nothing of a first start."""
    done = sum(standing.result is not None for standing in standings.values())
    names = plan.names
    again = [
        f"{names[path].candidate}: judged again: {s.why}" for path, s in standings.items() if s.why and not s.result
    ]
    last = [
        f"{names[path].candidate}: judged after the others, alone: the last {s.begun} starts ended while it was"
        for path, s in standings.items()
        if s.begun >= resume.ALONE and not s.result
    ]
    lines = []
    for kind in (again, last):
        lines += kind[:_LINES] + ([f"and {len(kind) - _LINES} more likewise"] if len(kind) > _LINES else [])
    if done:
        left = len(standings) - done
        rest = "nothing is left to do" if not left else f"the other {left} follow" if left > 1 else "one is left"
        lines.insert(0, f"{done} of {len(standings)} are graded already; {rest}")
    if strangers := resume.strangers(plan.batch.out, names.values()):
        lines.append(
            f"left as they are, and not in the index, since their submissions are not among these: "
            f"{', '.join(strangers[:_LINES])}{' and others' * (len(strangers) > _LINES)}"
        )
    return lines


def _complete(graded: Graded) -> None:
    """Draw a page that somebody has removed; remove the mark of a start that was killed when it had made the result."""
    if graded.run is None or graded.folder is None or graded.scorecard is None:
        return
    with suppress(OSError):  # it may be a folder that can only be read
        resume.mark(graded.folder, None)
    if not graded.scorecard.is_file():
        from ptassess import render

        render.write_scorecard(graded.run, graded.scorecard)


def _count(results: dict[Path, Graded]) -> int:
    return sum(graded.run is not None for graded in results.values())


def _nothing(_: object) -> None:
    """Tell nobody."""


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
