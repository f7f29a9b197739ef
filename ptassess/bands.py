"""Bands: what a challenge's reference reached over many seeds, in a file beside the checks that lean on them."""

from __future__ import annotations

import json
import platform
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ptassess.errors import ContentError, UserError
from ptassess.machine import machine_facts

if TYPE_CHECKING:
    from pathlib import Path

FILE = "calibration.toml"


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


def write(half: Path, bands: Bands, *, slug: str, seeds: int) -> Path:
    """Write bands into a half of a challenge, with four digits and rounded outwards: every sample lies within.

    Times among them are of one machine, so its id and its processor are told.

    Args:
        half: the folder of the public or the private half.
        bands: by check and name.
        slug: of the challenge.
        seeds: that they come from.

    Raises:
        UserError: if the folder cannot be written to.
    """
    machine = machine_facts()
    lines = [
        f"# What the reference reached; written by `ptassess calibrate {slug} --seeds {seeds}`.",
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
        (half / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{half / FILE}: cannot be written ({error.strerror})") from None
    return half / FILE


def _short(value: float, rounding: str) -> str:
    return repr(float(Context(prec=4, rounding=rounding).create_decimal_from_float(value)))


def read(half: Path, slug: str) -> Bands:
    """The bands of a challenge's checks.

    Args:
        half: the folder of the public or the private half.
        slug: of the challenge.

    Raises:
        ContentError: if there are none, or they cannot be read.
    """
    path = half / FILE
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            check: {name: Band(**values) for name, values in by_name.items()}
            for check, by_name in told.get("bands", {}).items()
        }
    except OSError:
        raise ContentError(f"{path} is missing; `ptassess calibrate {slug}` writes it") from None
    except (ValueError, TypeError, AttributeError) as error:
        fault = f"cannot be read ({error}); write it again with `ptassess calibrate {slug}`"
        raise ContentError(f"{path}: {fault}") from None
