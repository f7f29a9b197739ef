"""How a check's end is told: to the candidate in a few lines, to JUnit as properties, to the run file as plain data."""

from __future__ import annotations

import math
import os
import re
import shlex
import textwrap
from itertools import takewhile
from typing import TYPE_CHECKING, Any

# pytest has no public way to build a failure's text that also survives xdist; these two have kept their shape since
# 5.0.
from _pytest._code.code import ExceptionChainRepr, ReprEntryNative, ReprFileLocation, ReprTraceback

from ptassess.errors import SolutionError, SubmissionError, Undecided
from ptassess.sandbox.cleaning import clean, one_line

if TYPE_CHECKING:
    import pytest

    from ptassess.result import CheckResult

_ADDED = re.compile(r"\s*(\+\s+(where|and)|assert)\s")  # begins what pytest says of the condition itself
_NAME, _TEXT = 200, 2_000  # characters of a name, of a text in the evidence
_TRACEBACK = 100_000  # characters; one of pytest's has some thousands
_MAX_ITEMS = 4_096  # of one list in the evidence: a loss curve fits, a data set does not
_TOLD = (AssertionError, SolutionError, SubmissionError)  # told in a few lines instead of pytest's traceback


def message_of(error: BaseException | None) -> tuple[str, str]:
    """One line for the candidate, and the lines below it.

    Args:
        error: what the check raised, or None.
    """
    if error is None:
        return "", ""
    if isinstance(error, SolutionError):
        return error.message, error.detail
    if isinstance(error, (Undecided, SubmissionError)):
        return str(error), ""
    if isinstance(error, AssertionError):
        first, _, rest = str(error).strip().partition("\n")
        # What pytest adds tells how the check is written, which the candidate need not know.
        rest = "\n".join(line.strip() for line in takewhile(lambda line: not _ADDED.match(line), rest.splitlines()))
        return first or "the check's condition does not hold", rest
    return f"the check could not use what came back ({type(error).__name__}: {error})", ""


def properties(result: CheckResult) -> list[tuple[str, object]]:
    """The scalars that pytest's ``--junitxml`` writes as ``<property>``.

    Args:
        result: of the check.
    """
    fixed: list[tuple[str, object]] = [
        ("competency", result.challenge),
        ("task", result.task),
        ("weight", result.weight),
        ("credit", result.credit),
        ("outcome", result.outcome),
    ]
    scalars = (int, float, str, bool)
    return fixed + [(f"metric.{name}", value) for name, value in result.evidence.items() if isinstance(value, scalars)]


def plain(value: Any) -> Any:
    """Evidence as JSON values: tensors and numbers of other libraries become Python's, NaN and infinities become text.

    Text is cleaned: it may be a candidate's.

    Args:
        value: what a check put into ``evidence``.
    """
    if isinstance(value, dict):
        return {one_line(str(key), _NAME): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value[:_MAX_ITEMS]]
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if hasattr(value, "tolist"):  # torch and numpy
        return plain(value.tolist())
    return clean(str(value), _TEXT)


def spare_traceback(item: pytest.Function) -> None:
    """Let pytest make no traceback where ``show`` tells what happened: for each it parses the file of the check again.

    Args:
        item: a check; changed in place.
    """
    traceback = item.repr_failure

    def told_or_traceback(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, (*_TOLD, Undecided)) else traceback(excinfo)

    item.repr_failure = told_or_traceback  # type: ignore[method-assign]  # items are pytest's own, of no class of ours


def show(  # noqa: PLR0913  what a report is made of
    report: pytest.TestReport,
    item: pytest.Item,
    result: CheckResult,
    excinfo: pytest.ExceptionInfo[BaseException] | None,
    *,
    full: bool,
    seed: int,
    hint: bool,
    told: dict[tuple[str, ...], str],
) -> None:
    """Write a check's end into pytest's report.

    Args:
        report: changed in place.
        item: the check.
        result: what was found.
        excinfo: what was raised, if anything was.
        full: whether the reader asked for pytest's full traceback.
        seed: run seed, for the command that draws the same inputs again.
        hint: whether there is one for the task.
        told: by what was told, the check of which it was; changed in place. One line of a solution that raises in
            every check is told once.
    """
    if result.output:
        # Indented: no line of it can be taken for one of pytest's.
        report.sections.append(("what the solution printed", textwrap.indent(result.output, "  ")))
    if excinfo is None:
        return
    path, line = str(item.path), _line(item, excinfo)
    if result.outcome in ("not attempted", "not assessed", "inconclusive"):
        report.outcome = "skipped"
        report.longrepr = (path, line, f"{result.outcome}: {result.message}")
        return
    if full or not isinstance(excinfo.value, _TOLD):
        return
    report.outcome = "failed"
    first = told.setdefault((result.challenge, result.message, result.detail), result.check)
    if first != result.check and isinstance(excinfo.value, SolutionError):
        lines = ["", f"  {result.message}", f"  the same as in {first} above"]
    else:
        place = os.path.relpath(path, item.config.invocation_params.dir)
        again = shlex.quote(f"{place}::{item.name}")
        lines = [f"{result.challenge} · {result.task} · {result.title}", "", f"  {result.message}"]
        lines += [f"  {text}" for text in result.detail.splitlines()]
        lines += ["", f"  {place}:{line}", f"  the same inputs again: pytest {again} --seed {seed}"]
        lines += [f"  stuck? ptassess hint {result.task}"] if hint and result.cause != "missing" else []
    crash = ReprFileLocation(path, line, result.message)
    trace = ReprTraceback([ReprEntryNative([text + "\n" for text in lines])], None, "native")
    report.longrepr = ExceptionChainRepr([(trace, crash, None)])


def clean_sections(report: pytest.TestReport) -> None:
    """Clean what was captured while a check ran: without a wall it is what the solution printed.

    Args:
        report: changed in place.
    """
    report.sections = [(title, clean(text, _TRACEBACK)) for title, text in report.sections]


def clean_traceback(report: pytest.TestReport) -> None:
    """Clean a traceback of pytest's own: the exception that it shows may quote what a candidate returned.

    Args:
        report: changed in place, if there is anything to clean; its colours are lost then.
    """
    if report.longrepr is None or isinstance(report.longrepr, tuple):
        return
    text = str(report.longrepr)
    harmless = clean(text, _TRACEBACK)
    if harmless != text:
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None:
            crash = ReprFileLocation(crash.path, crash.lineno, clean(crash.message, _TEXT))
        trace = ReprTraceback([ReprEntryNative([f"{line}\n" for line in harmless.splitlines()])], None, "native")
        report.longrepr = ExceptionChainRepr([(trace, crash, None)])


def _line(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> int:
    """The line of the check that raised, counted from 1."""
    for entry in reversed(excinfo.traceback):
        if str(entry.path) == str(item.path):
            return entry.lineno + 1
    return (item.location[1] or 0) + 1
