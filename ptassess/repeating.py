"""A check whose worker was killed runs once more: by a SIGKILL that was not ours, whose doing the kernel tells nobody.

It may have been somebody outside (a lack of memory, an operator), and then the second run comes to the verdict that an
undisturbed one would have had. It may have been the solution, and then the second run ends likewise: that verdict
stands. The whole check is repeated, in fresh processes and from the same seeds, so that nobody gets a second draw; what
a solution could leave behind for its second process is of no use to it either, since at the levels that a score is made
on it can leave nothing, and a timed check is repeated on inputs of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

# Made for what is done here: it sets an item up anew, "as is done by pytest-rerunfailures".
from _pytest.runner import runtestprotocol

from ptassess.check import CHECK, FINDINGS, Findings
from ptassess.errors import SolutionCrashed, Undecided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.sandbox import Closing

REPEATED: Any = "repeated"
"""What pytest is told of the first run: neither passed, failed nor skipped."""
NOTE = "second run"
"""Name of the evidence that tells of it."""
_REPEATED = pytest.StashKey[bool]()


class Repeats:
    """The hooks that repeat a check."""

    def __init__(self) -> None:
        self._stands: list[BaseException] = []

    def wants(self, item: pytest.Item, error: BaseException | None, closings: Sequence[Closing]) -> bool:
        """Whether a check is to run once more instead of having this result.

        Args:
            item: the check.
            error: what it has raised, or None.
            closings: what is known of its workers.
        """
        if error is None or isinstance(error, Undecided):
            return False
        cause = error if isinstance(error, SolutionCrashed) else error.__cause__  # a race says whose reference it was
        killed = isinstance(cause, SolutionCrashed) and cause.killed
        if not (killed or any(closing.killed for closing in closings)):
            return False
        # A fixture's error is raised again in each check that needs it; one that came from a second run stands for all.
        if is_repeated(item) or any(error is other for other in self._stands):
            self._stands.append(error)
            return False
        item.stash[_REPEATED] = True
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a check, and once more if it has to be."""
        if CHECK not in item.stash:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        properties = list(item.user_properties)
        runtestprotocol(item, nextitem=nextitem)
        if is_repeated(item):
            item.session._setupstate.teardown_exact(None)  # noqa: SLF001  so that fixtures of the module are made anew
            item.user_properties = properties
            item.stash[FINDINGS] = Findings()
            item.stash[FINDINGS].evidence[NOTE] = "a process was killed in the first, from outside or by the solution"
            runtestprotocol(item, nextitem=nextitem)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show the first run as what it is."""
        return (REPEATED, "r", ("REPEATED", {"yellow": True})) if report.outcome == REPEATED else None


def is_repeated(item: pytest.Item) -> bool:
    """Whether this is a check's second run.

    Args:
        item: the check.
    """
    return item.stash.get(_REPEATED, False)
