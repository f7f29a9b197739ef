"""What becomes of a run that was judged in grading: its stamp, its final run file, its scorecard, and who is told."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from ptassess import content, keys, render, store
from ptassess.stamping import Circumstances, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ptassess.keys import PrivateKey
    from ptassess.registry import Catalogue
    from ptassess.result import Run
    from ptassess.sandbox import Level


class Finisher:
    """Finishes the runs of one grading.

    Args:
        challenges: the catalogue.
        only: slugs that are graded.
        level: of isolation, as chosen for all of them.
        secret: whether their seeds were drawn, and told to nobody but the judges.
        key: to sign with, or None.
    """

    def __init__(
        self, challenges: Catalogue, only: Sequence[str], level: Level, *, secret: bool, key: PrivateKey | None
    ) -> None:
        self._challenges = challenges
        self._homes = {slug: (challenges.challenges[slug].home, challenges.private.get(slug)) for slug in only}
        self._level, self._secret, self._key = level, secret, key
        self._telling = threading.Lock()  # one after the other, so that each hears of its own problems
        keys.trusted()  # a list that cannot be read is said before anything is judged
        self._before = self._digests()
        strays = [path for root in content.roots() for path in content.altered(root)]
        self._altered = [
            slug
            for slug, homes in self._homes.items()
            if any(path.is_relative_to(home.resolve()) for path in strays for home in homes if home)
        ]

    def finish(self, run: Run, seed: int, run_file: Path, page: Path) -> Run:
        """Stamp a run, sign it if it is *verified*, and write its files.

        Args:
            run: as its judge wrote it.
            seed: that the judge was given.
            run_file: to replace.
            page: the scorecard to write.

        Raises:
            UserError: if a file cannot be written.
        """
        known = Circumstances(
            level=self._level,
            seed=seed,
            secret=self._secret,
            before=self._before,
            after=self._digests(),
            altered=self._altered,
            key=self._key,
        )
        run = stamp(msgspec.structs.replace(run, seed_given=not self._secret), known)
        store.write(run, run_file)
        render.write_scorecard(run, page)
        return run

    def tell(self, run: Run, run_file: Path) -> tuple[str, ...]:
        """Tell plugins of a finished run.

        Args:
            run: the facts.
            run_file: where it is stored.

        Returns:
            What they could not do about it, one line each.
        """
        with self._telling:
            troubles = len(self._challenges.problems)
            self._challenges.gather("ptassess_run_finished", run=run, path=run_file)
            return tuple(self._challenges.problems[troubles:])

    def _digests(self) -> dict[str, str]:
        return {slug: content.digest(home, private) for slug, (home, private) in self._homes.items()}


_AT_WORK: dict[Path, Finisher] = {}


@contextmanager
def working(out: Path, finisher: Finisher) -> Iterator[None]:
    """Have a batch's runs finished by this process as soon as they are judged in it.

    Args:
        out: folder of the batch's results.
        finisher: of the batch. It holds the key, and is given to nobody.
    """
    _AT_WORK[out] = finisher
    try:
        yield
    finally:
        del _AT_WORK[out]


def at_work(out: Path) -> Finisher | None:
    """Who finishes a batch's runs in this process; None if nobody does.

    Args:
        out: folder of the batch's results.
    """
    return _AT_WORK.get(out)
