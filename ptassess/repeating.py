"""A check whose worker was killed runs again: by a SIGKILL that was not ours, whose doing the kernel tells nobody.

It may have been somebody outside (a lack of memory, an operator), and then the next run comes to the verdict that an
undisturbed one would have had. It may have been the solution, and then every run ends likewise: the last one's verdict
stands. The whole check is repeated, in fresh processes and from the same seeds, so that nobody gets another draw. What
a solution leaves behind for its next process could be of use to it, at a level that lets it leave something: such a
level lets it read the answers as well. A timed check, which is guarded at every level, is repeated on other inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

# Made for what is done here: it sets an item up anew, "as is done by pytest-rerunfailures".
from _pytest.runner import runtestprotocol

from ptassess.check import CHECK, FINDINGS, Findings
from ptassess.errors import JudgeError, SolutionCrashed, Undecided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptassess.sandbox import Closing

REPEATED: Any = "repeated"
"""What pytest is told of a run that does not count: neither passed, failed nor skipped."""
NOTE = "runs that a kill has ended"
"""Name of the evidence that counts them."""
RUNS = 3
"""Of one check, at most: an outsider will hardly hit each, and a solution that kills itself costs no more."""
_ENDED = pytest.StashKey[int]()


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
        ours = isinstance(error, (SolutionCrashed, JudgeError))
        cause = error if ours else error.__cause__  # a race says whose reference it was
        killed = isinstance(cause, JudgeError) or (isinstance(cause, SolutionCrashed) and cause.killed)
        if not (killed or any(closing.killed for closing in closings)):
            return False
        # A fixture's error is raised again in each check that needs it; one that came from a last run stands for all.
        if ended(item) == RUNS - 1 or any(error is other for other in self._stands):
            self._stands.append(error)
            return False
        item.stash[_ENDED] = ended(item) + 1
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a check, and again if it has to be."""
        if CHECK not in item.stash:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        properties = list(item.user_properties)
        runtestprotocol(item, nextitem=nextitem)
        before = 0
        while (runs := ended(item)) > before:
            before = runs
            item.session._setupstate.teardown_exact(None)  # noqa: SLF001  so that fixtures of the module are made anew
            item.user_properties = list(properties)
            item.stash[FINDINGS] = Findings(evidence={NOTE: runs})
            runtestprotocol(item, nextitem=nextitem)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show a run that does not count as what it is."""
        return (REPEATED, "r", ("REPEATED", {"yellow": True})) if report.outcome == REPEATED else None


def ended(item: pytest.Item) -> int:
    """How many runs of a check a kill has ended so far.

    Args:
        item: the check.
    """
    return item.stash.get(_ENDED, 0)
