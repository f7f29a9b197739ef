"""Bands: how the reference itself fares over many seeds, written into the challenge for its checks to lean on."""

from __future__ import annotations

import json
import math
import platform
import statistics
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ptassess import trials
from ptassess.errors import ContentError, UserError
from ptassess.machine import machine_facts
from ptassess.matrix import PlannedEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ptassess.challenge import Challenge

FILE = "calibration.toml"
LEAST_SEEDS = 20


@dataclass(frozen=True, kw_only=True)
class Band:
    """What the reference reached, over the seeds of a calibration.

    Args:
        low: the least.
        median: of all.
        high: the most.
    """

    low: float
    median: float
    high: float


Bands = dict[str, dict[str, Band]]
"""By check and by name of the evidence."""


def calibrate(
    challenge: Challenge,
    private: Path,
    *,
    seeds: int = LEAST_SEEDS,
    jobs: int = 1,
    progress: Callable[[str, int], None] | None = None,
) -> Bands:
    """Run the reference on many seeds and gather the numbers in its evidence. Resumed where it stopped.

    Args:
        challenge: to calibrate.
        private: its private half.
        seeds: at least 20.
        jobs: processes.
        progress: called now and then with the slug and how many verdicts there are so far.

    Raises:
        UserError: if the reference fails a check, or the checks cannot run.
    """
    reference = str(private / "reference.py")
    entry = PlannedEntry(id="calibration", challenge=challenge.slug, solution=reference, seeds=tuple(range(seeds)))
    results, complaints = trials.run(challenge, private, [entry], jobs=jobs, progress=progress)
    if complaints:
        raise UserError(f"{challenge.slug}: {complaints[0]}")
    samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        found = result.result
        if found.outcome == "failed" and not any(t.name == found.task and t.kind == "quiz" for t in challenge.tasks):
            raise UserError(
                f"{challenge.slug}: the reference fails {found.check} on seed {result.seed}: {found.message}"
            )
        for name, value in found.evidence.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                samples[found.check][name].append(float(value))
    return {
        check: {
            name: Band(low=min(values), median=statistics.median(values), high=max(values))
            for name, values in sorted(by_name.items())
        }
        for check, by_name in sorted(samples.items())
    }


def write(home: Path, bands: Bands, *, seeds: int) -> Path:
    """Write bands into a challenge: four digits, rounded away from the median, so that every sample lies within.

    Times among them are of one machine, so its id and its processor are told.

    Args:
        home: the challenge's folder.
        bands: by check and name.
        seeds: that they come from.

    Raises:
        UserError: if the folder cannot be written to.
    """
    machine = machine_facts()
    lines = [
        f"# What the reference reached; written by `ptassess calibrate {home.name} --seeds {seeds}`.",
        f"date = {datetime.now(UTC).date().isoformat()}",
        f"seeds = {seeds}",
        f"python = {json.dumps(platform.python_version())}",
        f"torch = {json.dumps(metadata.version('torch'))}",
        f"machine = {json.dumps(machine.id)}",
        f"cpu = {json.dumps(machine.facts['cpu'])}",
    ]
    for check, by_name in bands.items():
        lines.append(f"\n[bands.{json.dumps(check)}]")
        lines += [
            f"{json.dumps(name)} = {{ low = {_short(band.low, ROUND_FLOOR)}, "
            f"median = {_short(band.median, ROUND_HALF_EVEN)}, high = {_short(band.high, ROUND_CEILING)} }}"
            for name, band in by_name.items()
        ]
    try:
        (home / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{home / FILE}: cannot be written ({error.strerror})") from None
    return home / FILE


def _short(value: float, rounding: str) -> str:
    return repr(float(Context(prec=4, rounding=rounding).create_decimal_from_float(value)))


def read(home: Path) -> Bands:
    """The bands of a challenge.

    Args:
        home: the challenge's folder.

    Raises:
        ContentError: if there are none, or they cannot be read.
    """
    path = home / FILE
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            check: {name: Band(**values) for name, values in by_name.items()}
            for check, by_name in told.get("bands", {}).items()
        }
    except OSError:
        raise ContentError(f"{path} is missing; `ptassess calibrate {home.name}` writes it") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ContentError(f"{path}: cannot be read ({error}); write it again with `ptassess calibrate`") from None
