"""The stamp of a graded run: what a *verified* score needs, who decides that, and the signature.

The decision is made by the process that had a submission judged (``ptassess.grading``), when the judge's process has
ended: from what it knows itself (the seed that it drew, the level that it chose, the files of the challenges before and
after), and from what the run says, where both must agree. A run that comes another way has no such process: the judge
writes ``practice`` or ``graded`` and holds no key, and whoever writes ``verified`` into a file has not signed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ptassess import keys, signing
from ptassess.errors import UserError
from ptassess.exam import commit
from ptassess.scoring import score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ptassess.keys import PrivateKey
    from ptassess.result import Run
    from ptassess.sandbox import Level

MOST_ADVISORY = 20.0
"""Per cent of a competency's points that may rest on meters: what code beside the candidate's sees, that could lie."""

OTHER_SEED = "the run seed is not the one that was committed to"

_ROUNDING = 1e-6  # per cent


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the grading process knows of a run without the judge's word.

    Args:
        level: that it chose.
        seed: that it gave to the judge.
        secret: whether it drew that seed itself; one that somebody named is no secret.
        before: digests of the challenges before the submission was judged, by slug.
        after: the same when the judge had ended.
        altered: slugs of built-in challenges whose files are not those of the installed release.
        key: to sign with, or None.
        unsigned: why there is no key, if there is none.
    """

    level: Level
    seed: int
    secret: bool
    before: Mapping[str, str]
    after: Mapping[str, str]
    altered: Sequence[str] = ()
    key: PrivateKey | None = None
    unsigned: str = "not signed: `ptassess keys new NAME` makes a key to sign with"


def shortcomings(run: Run, level: Level | None) -> list[str]:
    """What a run's stored facts say against *verified*.

    Args:
        run: the facts.
        level: the one that it names; None if that is not known here.

    Returns:
        One line for each thing.
    """
    reasons = []
    if run.stamp == "practice":
        reasons.append("practice: the candidate's own pytest configuration was read")
    if level is not None and not level.verifies:
        reasons.append("isolation below `locked`")
    if not all(facts.has_private for facts in run.challenges):
        reasons.append("the private checks did not take part")
    if not run.complete or not run.challenges:
        reasons.append("only a part of the checks ran")
    if run.run_seed is None or not seed_fits(run):
        reasons.append(OTHER_SEED)
    reasons += [
        f"{competency.slug}: {competency.advisory:.0f} % of its points rest on meters; {MOST_ADVISORY:.0f} % may"
        for competency in score(run).competencies
        if too_advisory(competency.advisory)
    ]
    return reasons


def too_advisory(share: float) -> bool:
    """Whether more of a competency's points rest on meters than *verified* allows.

    Args:
        share: of its points, in per cent.
    """
    return share > MOST_ADVISORY + _ROUNDING


def seed_fits(run: Run) -> bool:
    """Whether a run's seed, if it is revealed, is the one that was committed to.

    Args:
        run: the facts.
    """
    return run.run_seed is None or commit(run.run_seed) == run.run_seed_hash


def stamp(run: Run, known: Circumstances) -> Run:
    """A graded run with its final stamp, the reasons for it, and a signature if it is *verified*.

    Args:
        run: as the judge wrote it.
        known: what this process knows.
    """
    run = msgspec.structs.replace(run, stamp="graded", unverified_because=(), signature=None)
    reasons = [*shortcomings(run, known.level), *_disagreements(run, known)]
    if known.key is None:
        reasons.append(known.unsigned)
    elif not reasons:
        try:
            return signing.sign(msgspec.structs.replace(run, stamp="verified"), known.key)
        except ValueError as error:
            reasons.append(f"it cannot be signed: it holds {error}")
    return msgspec.structs.replace(run, unverified_because=tuple(reasons))


def refuse_exposed(key: PrivateKey) -> None:
    """Make sure that a private key lies where no worker of a level that verifies can read it.

    Args:
        key: to sign with.

    Raises:
        UserError: if it lies among the libraries, which every worker may read.
    """
    from ptassess.sandbox import confinement  # of Linux; without it no level verifies

    left = confinement.confinement(hidden=[keys.private_folder()], protected=())
    if any(key.path.is_relative_to(place) for place in left.reading):
        raise UserError(f"{key.path}: a private key where submissions may read; move it to {keys.private_folder()}")


def _disagreements(run: Run, known: Circumstances) -> list[str]:
    reasons = []
    if not known.secret:
        reasons.append("the run seed was named, not drawn in secret")
    if run.run_seed != known.seed:
        reasons.append("the judge drew from another seed than it was given")
    if run.isolation != known.level.name:
        reasons.append(f"the judge's level of isolation was another one than `{known.level.name}`")
    told = {facts.slug: facts.digest for facts in run.challenges}
    reasons += [f"{slug}: did not take part" for slug in known.before if slug not in told]
    reasons += [
        f"{slug}: its files changed while it was judged"
        for slug, digest in told.items()
        if {known.before.get(slug), known.after.get(slug)} != {digest}
    ]
    reasons += [f"{slug}: its files are not those of the installed release" for slug in known.altered]
    return reasons
