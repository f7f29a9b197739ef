"""The whole suite: which attacks succeed where there is no wall, and which are stopped by a level of isolation."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptassess.errors import IsolationError, UserError
from ptassess.registry import catalogue
from ptassess.sandbox import folders
from ptassess.sandbox.levels import PROCESS
from ptassess.wallcheck import attack, controls, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.sandbox import Level
    from ptassess.wallcheck.attack import Attack

_WIDTH = 110  # characters of the longest row: one that is folded cannot be searched for


@dataclass(frozen=True, kw_only=True)
class Row:
    """One attack.

    Args:
        attack: which.
        control: whether it succeeds where there is no wall.
        judged: what became of it behind the wall; None if this level is not meant to stop it.
    """

    attack: Attack
    control: controls.Success
    judged: judged.Judged | None

    @property
    def is_blocked(self) -> bool:
        """Whether it was stopped with nothing touched, the judge well, and the next candidate judged as ever."""
        return self.judged is not None and not self.judged.wrong

    @property
    def faults(self) -> list[str]:
        """What is not as it must be, a line each."""
        found = [] if self.control.ok or self.control.cannot else [f"control: {self.control.why}"]
        if self.judged is not None:
            found += self.judged.wrong
            found += [f"left over: {what}" for what in self.judged.left]
        return found


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found at one level.

    Args:
        level: its name.
        rows: one for each attack.
        seconds: wall time.
    """

    level: str
    rows: Sequence[Row]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing is amiss."""
        return not any(row.faults for row in self.rows)

    @property
    def summary(self) -> str:
        """One line."""
        meant = [row for row in self.rows if row.judged is not None]
        tried = [row for row in self.rows if not row.control.cannot]
        left = sum(len(row.judged.left) for row in meant if row.judged)
        parts = [
            f"{sum(row.is_blocked for row in meant)} of {len(meant)} blocked",
            f"{sum(row.control.ok for row in tried)} of {len(tried)} controls succeeded",
            f"{left} left over",
            f"{self.seconds:.0f} s",
        ]
        if unmeant := len(self.rows) - len(meant):
            parts.insert(1, f"{unmeant} for stronger levels only")
        if untried := len(self.rows) - len(tried):
            parts.insert(-2, f"{untried} cannot be tried here")
        return f"{self.level}: {', '.join(parts)}"

    def facts(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "level": self.level,
            "holds": self.holds,
            "summary": self.summary,
            "seconds": round(self.seconds, 1),
            "attacks": [
                {
                    "name": row.attack.name,
                    "group": row.attack.group,
                    "does": row.attack.does,
                    "level": row.attack.level,
                    "control": "succeeded" if row.control.ok else "failed" if row.control.why else "cannot be tried",
                    "cannot": row.control.cannot,
                    "blocked": row.is_blocked if row.judged else None,
                    "verdict": row.judged.verdict if row.judged else "",
                    "left": list(row.judged.left) if row.judged else [],
                    "faults": row.faults,
                }
                for row in self.rows
            ],
        }


def walls() -> list[Level]:
    """The levels that are walls, plugins' too, weakest first; not all of them can be had on every machine."""
    return sorted((level for level in catalogue().levels() if level.rank >= PROCESS.rank), key=lambda wall: wall.rank)


def level_for(name: str | None) -> Level:
    """The level to check, a plugin's too: the one that is named, or the strongest that this machine gives.

    Args:
        name: of the level, or None.

    Raises:
        IsolationError: if this machine does not give it.
        UserError: for one that is no wall.
    """
    known = walls()
    if name is not None and name not in [wall.name for wall in known]:
        raise UserError(f"--isolation {name}: choose one of {', '.join(wall.name for wall in known)}")
    reasons = []
    for level in reversed(known):
        if name in (None, level.name):
            if (reason := level.probe()) is None:
                return level
            reasons.append(f"{level.name} {reason}")
    raise IsolationError(f"this machine cannot isolate at the level that is asked for: {'; '.join(reasons)}")


def check(name: str | None, *, only: Sequence[str] = ()) -> Report:
    """Try all attacks, without a wall and at a level of isolation; both at the same time.

    Args:
        name: of the level; None for the strongest of this machine.
        only: names or groups of attacks; empty for all.

    Raises:
        IsolationError: if this machine does not give the level.
        UserError: if there is no such level, or no such attack.
        JudgeError: if something of ours does not work.
    """
    level = level_for(name)
    found = [a for a in attack.found() if not only or a.name in only or a.group in only]
    if not found:
        raise UserError(
            f"{', '.join(only)}: no attack and no group of that name; groups are {', '.join(attack.GROUPS)}"
        )
    began = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="ptassess-check-"))
    try:
        with ThreadPoolExecutor() as pool:
            bare = pool.submit(controls.run, found, _made(place / "controls"))
            behind = pool.submit(
                judged.run, [a for a in found if a.is_stopped_at(level.name)], level.name, _made(place / "judged")
            )
            results, verdicts = bare.result(), behind.result()
    finally:
        folders.remove(place)
    rows = [Row(attack=a, control=controls.success(a, results[a.name]), judged=verdicts.get(a.name)) for a in found]
    return Report(level=level.name, rows=rows, seconds=time.monotonic() - began)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def print_report(report: Report) -> None:
    """Print a table, what is amiss below it, and the summary.

    Args:
        report: to print.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    table = Table(box=None, pad_edge=False)
    for heading in ("attack", "group", "stopped from", "control", "blocked", "left over"):
        table.add_column(heading, overflow="fold")
    for row in report.rows:
        control = "succeeded" if row.control.ok else "cannot be tried" if row.control.cannot else "[red]failed[/red]"
        blocked = "not meant to be" if row.judged is None else "yes" if row.is_blocked else "[red]no[/red]"
        left = 0 if row.judged is None else len(row.judged.left)
        table.add_row(
            row.attack.name,
            row.attack.group,
            row.attack.level,
            control,
            blocked,
            f"[red]{left}[/red]" if left else "0",
        )
    console.print(table)
    for row in report.rows:
        if row.control.cannot:
            console.print(f"{row.attack.name}: cannot be tried here: {escape(row.control.cannot)}", soft_wrap=True)
        for fault in row.faults:
            console.print(f"[red]{row.attack.name}[/red]: {escape(fault)}", soft_wrap=True)
    console.print(report.summary, style="green" if report.holds else "red", soft_wrap=True)
