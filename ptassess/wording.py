"""Values into the words, numbers and small drawings of a page: pure functions, used as template filters."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NOTHING = "\N{EN DASH}"
_TEXT = 2_000  # characters of one value: a page is read by people
_ITEMS = 8  # of a list that is written out
_CURVE = 120  # points of a drawn list; more cannot be told apart at its width
_WIDTH, _HEIGHT = 600, 120  # of a drawn list, in its own units
_DEPTH = 4  # of nested evidence

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Control characters other than tab and newline, marks that reorder or break lines, halves of surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


class Evidence(NamedTuple):
    """One line of a check's evidence.

    Attributes:
        name: what was measured; nested names are joined by an arrow.
        text: the value in words.
        curve: an SVG polyline's points in a box of 600 by 120, empty if it is no series.
    """

    name: str
    text: str
    curve: str = ""


def plain(text: str) -> str:
    """Text without escape sequences and with every character shown that would hide or reorder others.

    Args:
        text: from anywhere.
    """
    if not _UNSAFE.search(text):
        return text
    return _UNSAFE.sub("\ufffd", _ANSI.sub("", text.replace("\r\n", "\n")))


def percent(value: float | None) -> str:
    """A whole number of per cent: 100 only if it is 100, 0 only if it is 0.

    Args:
        value: in per cent, or None if there is none.
    """
    if value is None:
        return NOTHING
    nearest = round(value)
    if nearest >= 100 and value < 100 - 1e-9:
        return "99"
    if nearest <= 0 and value > 1e-9:
        return "1"
    return str(nearest)


def points(value: float) -> str:
    """Points with at most one decimal.

    Args:
        value: points.
    """
    return f"{value:.1f}".removesuffix(".0")


def duration(seconds: float) -> str:
    """A duration in the unit that suits it.

    Args:
        seconds: wall time.
    """
    if seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 5_970:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def date(iso: str) -> str:
    """An ISO 8601 time as ``23 November 2026``; anything else as it is.

    Args:
        iso: as stored in a run.
    """
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso or NOTHING
    return f"{when.day} {when:%B %Y}"


def day(iso: str) -> str:
    """An ISO 8601 time as ``23 Nov 2026``; anything else as it is.

    Args:
        iso: as stored in a run.
    """
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso or NOTHING
    return f"{when.day} {when:%b %Y}"


def clock(iso: str) -> str:
    """The time of day of an ISO 8601 time, such as ``14:05 UTC``; empty for anything else.

    Args:
        iso: as stored in a run.
    """
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return ""
    return f"{when:%H:%M} {when.tzname() or ''}".strip()


def count(number: int, one: str, many: str = "") -> str:
    """A number and its noun: ``1 task``, ``3 tasks``.

    Args:
        number: how many.
        one: the noun.
        many: its plural, if it is not the noun with an s.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def shade(value: float | None) -> int:
    """The step of the heat map's scale: 0 for nothing, 1 to 4 by quarters, 5 for all of it.

    Args:
        value: in per cent.
    """
    if value is None or value <= 0:
        return 0
    return 5 if value >= 100 - 1e-9 else 1 + int(value // 25)


def value(item: Any, *, depth: int = _DEPTH) -> str:
    """One JSON value in words.

    Args:
        item: of any kind.
        depth: of lists and objects within each other; what lies deeper is left out.
    """
    if item is None:
        return NOTHING
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, int):
        digits = str(item)
        return f"{item:,}".replace(",", "\u202f") if 4 < len(digits) < 40 else digits[:_TEXT]
    if isinstance(item, float):
        return f"{item:.4g}"
    if isinstance(item, list | tuple | dict):
        return _several(item, depth)
    return _cut(str(item))


def _several(item: list[Any] | tuple[Any, ...] | dict[str, Any], depth: int) -> str:
    if not item:
        return "none"
    if depth == 0:
        return "…"
    more = f" … ({len(item)} in all)" if len(item) > _ITEMS else ""
    if isinstance(item, dict):
        parts = [f"{name}: {_inner(one, depth)}" for name, one in list(item.items())[:_ITEMS]]
    else:
        parts = [_inner(one, depth) for one in item[:_ITEMS]]
    return _cut(", ".join(parts)) + more


def _inner(item: Any, depth: int) -> str:
    text = value(item, depth=depth - 1)
    return f"[{text}]" if isinstance(item, list | tuple) else f"{{{text}}}" if isinstance(item, dict) else text


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]} … ({len(text)} characters in all)"


def evidence(found: Mapping[str, Any], *, depth: int = _DEPTH) -> list[Evidence]:
    """A check's evidence, line by line.

    Args:
        found: JSON values by name.
        depth: of nested objects that get lines of their own.
    """
    return list(_lines(found, "", depth))


def _lines(found: Mapping[str, Any], prefix: str, depth: int) -> Iterator[Evidence]:
    for name, item in found.items():
        label = f"{prefix}{name}"
        if isinstance(item, dict) and item and depth > 1:
            yield from _lines(item, f"{label} \N{RIGHTWARDS ARROW} ", depth - 1)
        elif isinstance(item, list) and (series := _series(item)):
            yield Evidence(label, _range(series), curve(series))
        else:
            yield Evidence(label, value(item))


def curve(series: Sequence[float]) -> str:
    """The points of an SVG polyline that draws a series in a box of 600 by 120 units.

    Args:
        series: finite or not; what is not finite is left out.
    """
    kept = series[:: max(1, math.ceil(len(series) / _CURVE))]
    finite = [y for y in kept if math.isfinite(y)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    across, up = _WIDTH / (len(kept) - 1), (_HEIGHT - 20) / ((high - low) or 1.0)
    return " ".join(
        f"{int(i * across)},{int(_HEIGHT - 10 - (y - low) * up)}" for i, y in enumerate(kept) if math.isfinite(y)
    )


def _series(item: list[Any]) -> list[float]:
    """The numbers of a list that is worth drawing; empty for any other."""
    if len(item) < 4 or not {*map(type, item)} <= {int, float}:
        return []
    try:
        return [float(y) if abs(y) < 1e150 else math.inf for y in item]  # differences of these stay finite
    except OverflowError:
        return []


def _range(series: Sequence[float]) -> str:
    finite = [y for y in series if math.isfinite(y)]
    if not finite:
        return f"{len(series)} values, none of them finite"
    odd = len(series) - len(finite)
    return (
        f"{len(series)} values from {series[0]:.4g} to {series[-1]:.4g}, "
        f"least {min(finite):.4g}, greatest {max(finite):.4g}" + (f", {odd} not finite" if odd else "")
    )
