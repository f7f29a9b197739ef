"""What pytest's three outcomes lack: *not attempted*, *not assessed* and *inconclusive*, and the exit statuses.

To pytest these three are skips, so ``-x``, ``--lf`` and JUnit treat them as such; in the progress line, the counts and
the run file they keep their own letter, word and colour.

====== =======================================================================================
status meaning
====== =======================================================================================
0      no check failed, and at least one passed; what was not attempted shows in the score
1      a check failed, or nothing passed because nothing was attempted
4      usage: a line says what to change
10     undecided: nothing passed and nothing failed, or a measurement stayed inconclusive
11     coverage: a smaller share of the points was decided than ``ptassess_min_coverage``
====== =======================================================================================
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.errors import ContentError, SolutionError, SubmissionError, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptassess.result import Outcome

# outcome: (category in pytest's counts, letter, word with its colour)
_STATUS: dict[str, tuple[str, str, tuple[str, dict[str, bool]]]] = {
    "failed": ("failed", "F", ("FAILED", {"red": True})),
    "not attempted": ("not attempted", "n", ("NOT ATTEMPTED", {"cyan": True})),
    "not assessed": ("not assessed", "a", ("NOT ASSESSED", {"blue": True})),
    "inconclusive": ("inconclusive", "i", ("INCONCLUSIVE", {"yellow": True})),
}


class Exit(IntEnum):
    """Exit statuses beside pytest's own; they begin above the range that pytest keeps for itself (0 to 5)."""

    UNDECIDED = 10
    COVERAGE = 11


def outcome_of(when: str, error: BaseException | None) -> Outcome:
    """Name what happened in one phase of a check.

    Args:
        when: ``setup``, ``call`` or ``teardown``.
        error: what was raised.
    """
    if error is None:
        return "passed"
    if isinstance(error, Undecided):
        return error.outcome  # type: ignore[return-value]  # each subclass sets one of the three
    if isinstance(error, pytest.skip.Exception):
        return "not assessed"
    if isinstance(error, (SolutionError, SubmissionError)):
        return "failed"  # in any phase: were it an error of ours, a broken file would take its checks out of the score
    if isinstance(error, ContentError):
        return "error"  # a challenge's own file, whose fault no answer can bring about
    # In the call phase any exception fails the check: if it counted as ours, an answer odd enough to
    # break a check's arithmetic would take that check out of the score.
    return "failed" if when == "call" else "error"


def status_of(outcome: str) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Category, letter and word for pytest's progress line; None to leave it to pytest.

    Args:
        outcome: of a check.
    """
    return _STATUS.get(outcome)


def exit_status(outcomes: Iterable[str], coverage: float, min_coverage: float) -> int | None:
    """The exit status that follows from the checks' outcomes; None where pytest's own stands.

    Args:
        outcomes: of every check that reported.
        coverage: points decided per offered, in per cent.
        min_coverage: the least that is accepted, in per cent.
    """
    seen: set[Any] = set(outcomes)
    if not seen or {"failed", "error"} & seen:
        return None
    if "passed" not in seen:
        return int(pytest.ExitCode.TESTS_FAILED) if "not attempted" in seen else int(Exit.UNDECIDED)
    if "inconclusive" in seen:
        return int(Exit.UNDECIDED)
    return int(Exit.COVERAGE) if coverage < min_coverage else None
