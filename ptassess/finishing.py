"""What becomes of a run that was judged in grading: its stamp, its final run file, its scorecard, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptassess import content, keys, render, store
from ptassess.stamping import Circumstances, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        keys.trusted()  # a list that cannot be read is said before anything is judged
        self._before = self._digests()
        strays = [path for root in content.roots() for path in content.altered(root)]
        self._altered = [
            slug
            for slug, homes in self._homes.items()
            if any(path.is_relative_to(home.resolve()) for path in strays for home in homes if home)
        ]

    def finish(self, run: Run, seed: int, run_file: Path, page: Path) -> tuple[Run, tuple[str, ...]]:
        """Stamp a run, sign it if it is *verified*, and write its files.

        Args:
            run: as its judge wrote it.
            seed: that the judge was given.
            run_file: to replace.
            page: the scorecard to write.

        Returns:
            The run, and what plugins could not do about it, one line each.

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
        run = stamp(run, known)
        store.write(run, run_file)
        render.write_scorecard(run, page)
        troubles = len(self._challenges.problems)
        self._challenges.gather("ptassess_run_finished", run=run, path=run_file)
        return run, tuple(self._challenges.problems[troubles:])

    def _digests(self) -> dict[str, str]:
        return {slug: content.digest(home, private) for slug, (home, private) in self._homes.items()}
