"""What a run file is worth: whose signature it bears, whether its facts agree with each other, and what they score.

====== ======================================================================================
status meaning, of the worst of the files
====== ======================================================================================
0      signed by a trusted key; nothing speaks against it
1      changed after it was signed, or its facts contradict each other
4      not a run file, or of a newer version
20     signed, by a key that is not trusted here
21     not signed: a practice run, or a graded one that is not *verified*
====== ======================================================================================
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ptassess import content, signing, store
from ptassess.errors import RunFileError, SignatureError
from ptassess.scoring import Bounds, Score, score
from ptassess.stamping import OTHER_SEED, seed_fits, shortcomings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptassess.keys import PublicKey
    from ptassess.registry import Catalogue
    from ptassess.result import CheckResult, Run

State = Literal["trusted", "unknown key", "unsigned", "bad signature", "unreadable"]

_ROUNDING = 1e-6  # of a point, and of a share of the points


class Exit(IntEnum):
    """Exit statuses of ``ptassess verify`` that no other command has."""

    UNKNOWN_KEY = 20
    UNSIGNED = 21


_WORST = (1, 4, Exit.UNSIGNED, Exit.UNKNOWN_KEY, 0)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found about one run file.

    Args:
        path: of the file.
        state: of its signature.
        key: that it is signed with; with its name if it is trusted.
        run: its facts; None if it cannot be read.
        score: derived from them.
        problems: what speaks against it, one line each.
        notes: what the reader should know, one line each.
    """

    path: Path
    state: State
    key: PublicKey | None = None
    run: Run | None = None
    score: Score | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def status(self) -> int:
        """The exit status."""
        if self.state == "bad signature":
            return 1
        if self.state == "unreadable":
            return 4
        if self.problems:
            return 1
        return {"trusted": 0, "unknown key": Exit.UNKNOWN_KEY}.get(self.state, Exit.UNSIGNED)

    def facts(self) -> dict[str, Any]:
        """It as plain data."""
        told: dict[str, Any] = {
            "file": str(self.path),
            "signature": self.state,
            "key": self.key.fingerprint if self.key else None,
            "signed_by": (self.key.name or None) if self.key else None,
            "problems": list(self.problems),
            "notes": list(self.notes),
        }
        if self.run and self.score:
            told |= {
                "run_id": self.run.run_id, "candidate": self.run.candidate, "stamp": self.run.stamp,
                "exam": self.run.exam, "total": _plain(self.score.total),
                "competencies": {
                    c.slug: _plain(c.bounds) | {"tasks": {task.name: _plain(task.bounds) for task in c.tasks}}
                    for c in self.score.competencies
                },
            }  # fmt: skip
        return told


def worst(verdicts: list[Verdict]) -> int:
    """The exit status of several.

    Args:
        verdicts: of the files.
    """
    return min((verdict.status for verdict in verdicts), key=_WORST.index)


def verify(path: Path, trusted: Mapping[str, PublicKey], challenges: Catalogue) -> Verdict:
    """Look at a run file.

    Args:
        path: of the file.
        trusted: keys by name.
        challenges: that are installed here, and levels of isolation.
    """
    try:
        run = store.read(path)
    except RunFileError as error:
        state: State = "bad signature" if isinstance(error, SignatureError) else "unreadable"
        return Verdict(path=path, state=state, problems=(str(error),))
    found = score(run)
    seal = signing.seal(run, trusted)
    state = "unsigned" if seal.key is None else "trusted" if seal.key.name else "unknown key"
    return Verdict(
        path=path,
        state=state,
        key=seal.key,
        run=run,
        score=found,
        problems=tuple(_contradictions(run, found, challenges)),
        notes=tuple(_notes(run, challenges)),
    )


def _contradictions(run: Run, found: Score, challenges: Catalogue) -> Iterator[str]:
    """What cannot be true of a run that ptassess has written."""
    yield from _twice(run)
    yield from _out_of_place(run)
    for check in run.checks:
        yield from (f"{check.challenge}: {check.check}: {what}" for what in _wrong_with(check))
    for task in (task for competency in found.competencies for task in competency.tasks):
        shares = sum(check.share for check in task.checks)
        if not _in_order(task.bounds) or shares > task.points * (1 + _ROUNDING):
            yield f"{task.name}: its points do not add up"
    if not seed_fits(run):
        yield OTHER_SEED
    if not _follows(run.started, run.finished):
        yield f"it began at {run.started[:40]!r} and ended at {run.finished[:40]!r}"
    yield from _wrong_with_the_stamp(run, challenges)


def _wrong_with(check: CheckResult) -> Iterator[str]:
    if check.outcome != "passed" and check.credit:
        yield f"{check.outcome}, and has a credit of {check.credit:g}"
    if check.outcome != "failed" and check.cause:
        yield f"{check.outcome}, and has a failure's cause ({check.cause})"
    if not min(check.seconds, check.worker_seconds) >= 0:
        yield "took less than no time"


def _wrong_with_the_stamp(run: Run, challenges: Catalogue) -> Iterator[str]:
    if run.stamp == "verified":
        levels = {level.name: level for level in challenges.levels()}
        because = [*run.unverified_because, *shortcomings(run, levels.get(run.isolation))]
        yield from (f"stamped verified, in spite of this: {reason}" for reason in dict.fromkeys(because))
        if not (run.submission.digest and run.exam_digest and all(facts.digest for facts in run.challenges)):
            yield "stamped verified, without the digests of what was judged"
    elif run.signature is not None:
        yield f"signed, and stamped {run.stamp}; only verified runs are signed"


def _twice(run: Run) -> Iterator[str]:
    named = Counter(f"{check.challenge}: {check.check}" for check in run.checks)
    named.update(f"{facts.slug}: the competency" for facts in run.challenges)
    named.update(f"{facts.slug}: {task.name}" for facts in run.challenges for task in facts.tasks)
    yield from (f"{name}: is there {count} times" for name, count in named.items() if count > 1)


def _out_of_place(run: Run) -> Iterator[str]:
    """Checks of no task, checks that their task does not list, listed ones that are missing, private ones of nobody."""
    listed = {
        (facts.slug, task.name): (set(task.checks), facts.has_private)
        for facts in run.challenges
        for task in facts.tasks
    }
    for check in run.checks:
        names, has_private = listed.get((check.challenge, check.task), (None, False))
        if names is None:
            yield f"{check.challenge}: {check.check}: of no task that was offered ({check.task})"
        elif check.check not in names:
            yield f"{check.challenge}: {check.check}: not among the checks of {check.task}"
        elif check.private and not has_private:
            yield f"{check.challenge}: {check.check}: private, where no private checks took part"
    if run.complete:
        there = {(check.challenge, check.task, check.check) for check in run.checks}
        for (slug, task), (names, _) in listed.items():
            yield from (f"{slug}: {name}: missing" for name in sorted(names) if (slug, task, name) not in there)


def _notes(run: Run, challenges: Catalogue) -> Iterator[str]:
    if run.stamp != "practice":
        for facts in run.challenges:
            known = challenges.challenges.get(facts.slug)
            if known is None:
                same = "not installed here"
            elif content.digest(known.home, challenges.private.get(facts.slug)) == facts.digest:
                same = "as installed here"
            else:
                same = "other than installed here"
            yield f"challenge {facts.slug}: {same} (SHA-256 {facts.digest or 'unknown'})"
    if run.isolation not in {level.name for level in challenges.levels()}:
        yield f"isolation {run.isolation or 'unknown'}: a level that is not known here"
    if not run.complete:
        yield "only a part of the checks ran"
    if run.stamp == "graded":
        yield from (f"not verified: {reason}" for reason in run.unverified_because)


def _in_order(bounds: Bounds) -> bool:
    slack = bounds.offered * _ROUNDING
    return 0 <= bounds.earned <= bounds.decided + slack and bounds.decided <= bounds.offered + slack


def _follows(started: str, finished: str) -> bool:
    try:
        return datetime.fromisoformat(started) <= datetime.fromisoformat(finished)
    except (ValueError, TypeError):  # no time, or one with a zone and one without
        return False


def _plain(bounds: Bounds) -> dict[str, float | None]:
    return {
        "score": bounds.score, "low": bounds.low, "high": bounds.high, "coverage": bounds.coverage,
        "earned": bounds.earned, "decided": bounds.decided, "offered": bounds.offered,
    }  # fmt: skip
