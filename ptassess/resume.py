"""What earlier starts of a batch have left: results that stand, why others do not, and what was never finished.

====================================================== ============================== ==================================
what became of a submission                            in this start                  in the next start
====================================================== ============================== ==================================
all its checks ran                                     its result                     the same, if it is of the same
                                                                                      files, exam, challenges, …
it cannot be used (no ``solutions/``, a bad archive)   a row with the reason          looked at again
its judge did not end in time                          a row with the reason          the same row
its judge was killed, by it or from outside            judged again, ``TRIES`` times  judged again
                                                       in all; then a row
its judge could not do its work                        a row with the reason          judged again
its grader was killed                                                                 judged again, after all others;
                                                                                      after ``STARTS`` times a row
====================================================== ============================== ==================================

A result is its run file, which appears in one step when everything else of it is there. All that is made before lies in
two places which a start empties first: a folder ``.attempt-*`` beside the result, and a room among the temporary files.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ptassess import sources, store
from ptassess._version import __version__
from ptassess.entries import opened
from ptassess.errors import PtassessError, RunFileError
from ptassess.result import Run
from ptassess.sandbox import folders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptassess.entries import Name

RUN, PAGE, LOG, FINDINGS = "run.json", "scorecard.html", "pytest.log", "findings.html"
TRIES = 3
"""Judges of one submission that may be killed in one start, before that is its row."""
STARTS = 5
"""Starts in a row that may end while a submission is judged, before it is left out."""
ALONE = 2
"""Such starts after which it is judged with nothing beside it: it may be the one that ends its grader."""

_MARK = "attempt.json"


@dataclass(frozen=True, kw_only=True)
class Graded:
    """What became of one submission.

    Args:
        name: its folder's name.
        run: what was found, or None.
        run_file: where it is stored, or None.
        scorecard: its page, or None.
        reason: why it could not be graded, in one line; empty if it was.
        remark: what else there is to say of it, in one line.
        notes: what plugins could not do about it, one line each.
        blocked: why nothing can be written any more, in one line; empty if it can.
        attempt: where its judge has left what is still to be finished by the process that grades; None if nothing is.
        seed: that its judge was given, then.
        folder: of its results, or None.
        sources: the file with its Python files (``ptassess.sources``), or None.
        findings: the page of what plugins point at, for the team; None without any.
    """

    name: str
    run: Run | None = None
    run_file: Path | None = None
    scorecard: Path | None = None
    reason: str = ""
    remark: str = ""
    notes: tuple[str, ...] = ()
    blocked: str = ""
    attempt: Path | None = None
    seed: int = 0
    folder: Path | None = None
    sources: Path | None = None
    findings: Path | None = None

    def at(self, place: Path) -> Graded:
        """The same, with the places of what lies in the folder of its results.

        Args:
            place: the folder.
        """

        def there(name: str) -> Path | None:
            return place / name if (place / name).is_file() else None

        return replace(
            self,
            folder=place,
            run_file=place / RUN if self.run else None,
            scorecard=place / PAGE if self.run else None,
            sources=there(sources.NAME),
            findings=there(FINDINGS),
        )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What earlier starts have left of one submission.

    Args:
        result: that stands, or None if it is to be judged.
        why: it is to be judged although there is a result; empty if there is none.
        begun: starts that have begun to judge it and ended meanwhile.
    """

    result: Graded | None = None
    why: str = ""
    begun: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a result has to be of, beside its submission and its candidate.

    Attributes:
        exam: its name.
        exam_digest: SHA-256 of it, its seed included.
        challenges: digests of those that are asked, by slug.
        isolation: level of the wall that this machine gives.
        packages: versions of what a result depends on, by distribution.
        seed: run seed that was given, or None for a secret one each.
    """

    exam: str
    exam_digest: str
    challenges: dict[str, str]
    isolation: str
    packages: dict[str, str]
    seed: int | None

    def key(self, digest: str, candidate: str) -> str:
        """SHA-256 over all that a result depends on.

        Args:
            digest: of the submission.
            candidate: name.
        """
        parts = [msgspec.json.encode(self, order="deterministic"), digest.encode(), candidate.encode()]
        return hashlib.sha256(b"\0".join([__version__.encode(), *parts])).hexdigest()

    def differences(self, run: Run, digest: str, candidate: str) -> str:
        """Why a run is not the result that is asked for; empty if it is.

        Args:
            run: an earlier one.
            digest: of the submission as it is now.
            candidate: name.
        """
        before = {challenge.slug: challenge.digest for challenge in run.challenges}
        both = before.keys() & self.challenges.keys()
        changed = sorted(slug for slug in both if before[slug] != self.challenges[slug])
        versions = {"ptassess": __version__, **self.packages}
        earlier = {"ptassess": run.ptassess, **run.packages}
        others = [
            f"{name} was {earlier.get(name, 'missing')} and is {versions.get(name, 'missing')}"
            for name in sorted(versions.keys() | earlier.keys())
            if versions.get(name) != earlier.get(name)
        ]
        found = {
            "it was interrupted": not run.complete,
            "its files have changed": run.submission.digest != digest,
            f"its candidate was called {run.candidate}": run.candidate != candidate,
            f"it was graded on another exam ({run.exam})" if run.exam != self.exam else "the exam has changed": (
                run.exam,
                run.exam_digest,
            )
            != (self.exam, self.exam_digest),
            "other competencies are asked": before.keys() != self.challenges.keys(),
            f"the checks of {', '.join(changed)} have changed": bool(changed),
            f"its isolation was {run.isolation} and is {self.isolation}": run.isolation != self.isolation,
            "another run seed is asked": (run.run_seed if run.seed_given else None) != self.seed,
        }
        return "; ".join([why for why, holds in found.items() if holds] + others)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a submission that has no result.

    Attributes:
        of: key of what was judged, see ``Wanted.key``.
        begun: starts that have begun to judge it and ended meanwhile.
        reason: why it has none and will have none; empty if it is to be judged.
    """

    of: str
    begun: int = 0
    reason: str = ""


def mark(place: Path, made: Mark | None) -> None:
    """Note what is known of a submission.

    Args:
        place: the folder of its results.
        made: None if there is nothing any more to be noted.

    Raises:
        OSError: if it cannot be written.
    """
    if made is None:
        (place / _MARK).unlink(missing_ok=True)
    else:
        store.write_whole(place / _MARK, msgspec.json.encode(made))


def marked(place: Path, of: str) -> Mark:
    """What is known of a submission, if it is still the same.

    Args:
        place: the folder of its results.
        of: key of what is to be judged.
    """
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        found = msgspec.json.decode((place / _MARK).read_bytes(), type=Mark)
        if found.of == of:
            return found
    return Mark(of=of)


def look(path: Path, place: Path, name: Name, wanted: Wanted, prefix: str) -> Standing:
    """What earlier starts have left of one submission.

    Args:
        path: of the submission.
        place: the folder of its results.
        name: what it is called.
        wanted: what its result has to be of.
        prefix: how the name of a folder begins in which it is unpacked for a moment.
    """
    run_file = place / RUN
    if not run_file.is_file() and not (place / _MARK).is_file():
        return Standing()
    scratch = tempfile.mkdtemp(prefix=prefix)
    try:
        digest = opened(path, Path(scratch)).facts().digest
    except (PtassessError, OSError):
        return Standing(why="it cannot be used any more" if run_file.is_file() else "")  # judging it says why
    finally:
        folders.remove(scratch)
    why = ""
    if run_file.is_file():
        try:
            run = store.read(run_file)
        except RunFileError:
            why = "its run file cannot be read"
        else:
            why = wanted.differences(run, digest, name.candidate)
            if not why:
                return Standing(result=Graded(name=name.candidate, run=run).at(place))
    known = marked(place, wanted.key(digest, name.candidate))
    reason = known.reason
    if known.begun >= STARTS:
        reason = (
            f"{known.begun} starts in a row ended while it was judged (killed, by it or from outside); it is left out "
            "until --again"
        )
    return Standing(result=Graded(name=name.candidate, reason=reason) if reason else None, why=why, begun=known.begun)


def forget(place: Path) -> None:
    """Remove what earlier starts have left of a submission; its log stays.

    Args:
        place: the folder of its results.

    Raises:
        OSError: if it cannot be removed.
    """
    for name in (RUN, PAGE, FINDINGS, sources.NAME, _MARK):
        (place / name).unlink(missing_ok=True)


def strangers(out: Path, names: Iterable[Name]) -> list[str]:
    """Results in a folder whose submissions are not among these.

    Args:
        out: the folder.
        names: of the submissions.
    """
    known = {name.folder for name in names}
    return sorted(path.parent.name for path in out.glob(f"*/{RUN}") if path.parent.name not in known)
