"""Races in pytest-benchmark's session: a row for each contestant, so that its own options work on our checks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from ptassess.measure.times import Times

_ASKS_FOR_ROWS = ("json", "save", "autosave", "compare", "histogram")


def add(item: pytest.Item, times: Times) -> None:
    """Add a race to pytest-benchmark's session, if that is here and not disabled.

    A sample is a turn's time of one call in seconds, as the judge's clock had it, without what an idle block takes.

    Args:
        item: the check.
        times: of its race.
    """
    session = getattr(item.config, "_benchmarksession", None)
    if session is None or session.disabled:
        return
    from pytest_benchmark.stats import Metadata

    for name, pairs in times.turns.items():
        share = times.idle_share(name)
        contestant = SimpleNamespace(
            name=f"{item.name} {name}",
            fullname=f"{item.nodeid} {name}",
            group=item.nodeid,
            param=None,
            params=None,
            extra_info={"contestant": name, "pairs": len(pairs), "share of an idle block": share},
            cprofile_stats=None,
            has_error=False,
        )
        row: Any = Metadata(  # type: ignore[no-untyped-call]
            contestant, iterations=1, options={"timer": "ptassess, the judge's clock"}
        )
        for turn in (turn for pair in pairs for turn in pair if turn is not None):
            row.update(turn.seconds / turn.calls * (1 - share))
        if row:
            session.benchmarks.append(row)


def warning(config: pytest.Config) -> str | None:
    """One line, if somebody asks for rows in a run that has none.

    Args:
        config: pytest's.
    """
    wants = any(config.getoption(f"benchmark_{name}", default=None) for name in _ASKS_FOR_ROWS)
    shared = config.getoption("dist", default="no") != "no" or hasattr(config, "workerinput")
    if wants and shared:
        return "ptassess: pytest-benchmark has no rows where xdist shares a run out; leave -n out for its options"
    return None
