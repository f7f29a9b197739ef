"""How the reference itself fares over many seeds, for the bands of its challenge."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING

from ptassess import trials
from ptassess.bands import Band, Bands
from ptassess.errors import UserError
from ptassess.matrix import PlannedEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ptassess.challenge import Challenge

LEAST_SEEDS = 20


def calibrate(
    challenge: Challenge,
    private: Path,
    *,
    seeds: int = LEAST_SEEDS,
    jobs: int = 1,
    progress: Callable[[str, int], None] | None = None,
) -> dict[Path, Bands]:
    """Run the reference on many seeds and gather the numbers in its evidence. Resumed where it stopped.

    Args:
        challenge: to calibrate.
        private: its private half.
        seeds: at least 20.
        jobs: processes.
        progress: called now and then with the slug and how many verdicts there are so far.

    Returns:
        The bands by the half of the challenge that they belong to: what is measured in private checks would tell
        candidates of them.

    Raises:
        UserError: if the reference fails a check, or the checks cannot run.
    """
    reference = str(private / "reference.py")
    entry = PlannedEntry(id="calibration", challenge=challenge.slug, solution=reference, seeds=tuple(range(seeds)))
    results, complaints = trials.run(challenge, private, [entry], jobs=jobs, progress=progress)
    if complaints:
        raise UserError(f"{challenge.slug}: {complaints[0]}")
    samples: dict[Path, dict[str, dict[str, list[float]]]] = {
        half: defaultdict(lambda: defaultdict(list)) for half in (challenge.home, private)
    }
    for result in results:
        found = result.result
        if found.outcome == "failed" and not any(t.name == found.task and t.kind == "quiz" for t in challenge.tasks):
            raise UserError(
                f"{challenge.slug}: the reference fails {found.check} on seed {result.seed}: {found.message}"
            )
        for name, value in found.evidence.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                half = private if found.private else challenge.home
                samples[half][found.check][name].append(float(value))
    return {
        half: {
            check: {
                name: Band(low=min(values), median=statistics.median(values), high=max(values))
                for name, values in sorted(by_name.items())
            }
            for check, by_name in sorted(by_check.items())
        }
        for half, by_check in samples.items()
        if by_check
    }
