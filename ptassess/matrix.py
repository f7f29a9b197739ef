"""Admission runs: every check over many submissions and seeds, in one pytest process.

A judge costs seconds to start and a worker costs milliseconds, so admission repeats the checks inside one process
instead of starting one for every mutant. The plan is a JSON list of entries, the results are JSON lines.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec

from ptassess.errors import UserError
from ptassess.result import CheckResult  # msgspec reads the annotations at run time

if TYPE_CHECKING:
    import pytest

ENTRY = "_ptassess_entry"
SHARED = "shared"
"""Name of the fixture that carries a check's entry."""
TIMED = frozenset({"race", "footprint"})
"""Names of the fixtures that make a check a timed one."""
_TIMED_SEEDS = (
    3  # on which a timed check runs: speed has little to do with the inputs' values, and a race takes seconds
)


class PlannedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan.

    Attributes:
        id: names the entry in the results.
        solution: the file to import, or None for an absent solution.
        overlay: a file to execute on top of it, or None.
        quiz: the quiz answers, or None.
        challenge: slug; the entry is for this challenge's checks only.
        checks: names of the test functions to run, or None for all.
        task: whose checks to run, or empty for those of all tasks.
        seeds: run seeds.
        timed: whether the timed checks are among all.
    """

    id: str
    solution: str | None
    overlay: str | None = None
    quiz: str | None = None
    challenge: str = ""
    checks: list[str] | None = None
    task: str = ""
    seeds: tuple[int, ...] = (0,)
    timed: bool = True


class MatrixResult(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the results.

    Attributes:
        id: of the entry.
        seed: run seed.
        raw: the check ended in an exception that no check should end in: an author's defect.
        result: what the check found.
    """

    id: str
    seed: int
    raw: bool
    result: CheckResult


@dataclass(frozen=True)
class Entry:
    """One submission at one seed.

    Args:
        id: of the plan's entry.
        seed: run seed.
        solution: file to import.
        overlay: file to execute on top.
        quiz: the quiz answers.
    """

    id: str
    seed: int
    solution: Path | None
    overlay: Path | None
    quiz: Path | None

    @property
    def label(self) -> str:
        """Its part of a test's name."""
        return f"{self.id}@{self.seed}"


class Matrix:
    """A plan under way.

    Args:
        plan: its entries.
        out: where the results go, one line each, at once.
        done: what an earlier run has already found: entry, seed and check.
    """

    def __init__(self, plan: list[PlannedEntry], out: TextIO, done: set[tuple[str, int, str]]) -> None:
        self._plan = plan
        self._out = out
        self._done = done

    @classmethod
    def load(cls, plan: Path, results: Path) -> Matrix:
        """Read a plan and open the results for appending.

        Args:
            plan: JSON file.
            results: JSON lines file.

        Raises:
            UserError: if the plan cannot be read.
        """
        try:
            entries = msgspec.json.decode(plan.read_bytes(), type=list[PlannedEntry])
        except (OSError, msgspec.MsgspecError) as error:
            raise UserError(f"{plan}: not an admission plan ({error})") from None
        done = set()
        if results.is_file():
            for line in results.read_bytes().splitlines():
                with contextlib.suppress(msgspec.MsgspecError):  # the last line of a run that was killed
                    found = msgspec.json.decode(line, type=MatrixResult)
                    done.add((found.id, found.seed, found.result.check))
        out = results.open("a", encoding="utf-8")
        if results.stat().st_size and not results.read_bytes().endswith(b"\n"):
            out.write("\n")
        return cls(entries, out, done)

    def is_done(self, entry: Entry, check: str) -> bool:
        """Whether an earlier run has found it already.

        Args:
            entry: whose it is.
            check: its name.
        """
        return (entry.id, entry.seed, check) in self._done

    def parametrize(self, metafunc: pytest.Metafunc) -> None:
        """Repeat a check over the entries that are for it.

        Args:
            metafunc: pytest's description of the check.
        """
        folder = Path(metafunc.module.__file__ or "").parent
        slug = (folder.parent if folder.name == "private" else folder).name
        name = metafunc.function.__name__
        marker = metafunc.definition.get_closest_marker("task")
        task = marker.args[0] if marker and marker.args else ""
        timed = not TIMED.isdisjoint(metafunc.fixturenames)
        entries = [
            Entry(
                planned.id,
                seed,
                *(Path(x) if x else None for x in (planned.solution, planned.overlay, planned.quiz)),
            )
            for planned in self._plan
            if planned.challenge in ("", slug)
            and planned.task in ("", task)
            and (planned.timed or not timed if planned.checks is None else name in planned.checks)
            for seed in (planned.seeds[:_TIMED_SEEDS] if timed and planned.checks is None else planned.seeds)
        ]
        metafunc.fixturenames.append(ENTRY)
        # What a module's checks share is computed anew for each entry: pytest does so where a parameter changes.
        names = [ENTRY, *({SHARED} & set(metafunc.fixturenames))]
        rows = [(entry,) * len(names) for entry in entries]
        metafunc.parametrize(names, rows, indirect=True, scope="module", ids=[entry.label for entry in entries])

    def record(self, entry: Entry, result: CheckResult, *, raw: bool) -> None:
        """Write one result.

        Args:
            entry: whose it is.
            result: what the check found.
            raw: whether it ended in an exception of the check's own.
        """
        line = MatrixResult(id=entry.id, seed=entry.seed, raw=raw, result=result)
        self._out.write(msgspec.json.encode(line).decode() + "\n")
        self._out.flush()

    def close(self) -> None:
        """Close the results."""
        self._out.close()
