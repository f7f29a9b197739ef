"""What a race has found: its turns, and how many of its results were looked at, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptassess.errors import Inconclusive, SolutionProtocol
from ptassess.measure import stats
from ptassess.measure.stats import Turn

if TYPE_CHECKING:
    from ptassess.sandbox.contestant import Lap

MOST_LATE = 0.5
"""Share of a call after which a look at its result comes late: who names a result and computes it until then gains that
share at most."""
LEAST_PUNCTUAL = 0.25
"""Of the looks, which must not come late: who computes half of all results after naming them passes eight looks in time
once in 256 races, and a race has about forty."""
HELD_UP = 4.0
"""Times as long as the longest of the same looks at the judge's own memory in the same turn. The median of a race was
0.05 to 1.8, beside four busy processes and with solutions that empty the cache as well; it was 11 and more where the
solution changes the protection of 64 MiB meanwhile."""
MOST_HELD_UP = 0.5
"""Of the looks, which may come late and take so long: it was one in 30 at most, and 22 with that solution."""


@dataclass
class Times:
    """The turns of a race, by contestant, pair and round.

    Args:
        turns: as said.
        checked: how many results the judge has looked at.
        late: how many of them so late that they may have been computed after they were named.
        held_up: how many of those because the solution's memory could not be read.
        seconds: that the race took.
        clocks: of the accelerator before and after each pair, in MHz, where the driver tells.
        notes: what a reader has to know, such as ``throttled: temperature``; no turn is left out for it.
        memory_mb: most resident memory that each process added, in MiB, by contestant and pair.
        idle_mb: the same of the contestant that does nothing.
    """

    turns: dict[str, list[list[Turn | None]]] = field(default_factory=dict)
    checked: int = 0
    late: int = 0
    held_up: int = 0
    seconds: float = 0.0
    clocks: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)
    idle_mb: float = 0.0

    def note_look(self, lap: Lap, calls: int) -> None:
        """Count a look at a result.

        Args:
            lap: the turn whose last result it was.
            calls: of that turn.
        """
        self.checked += 1
        if lap.late > MOST_LATE * lap.seconds / calls:
            self.late += 1
            self.held_up += 0 < HELD_UP * lap.rehearsed < lap.late

    def refuse_if_late(self) -> None:
        """See that enough results were looked at in time; who is too slow in any case is, whenever that was.

        Raises:
            SolutionProtocol: if the solution has held the looks up.
            Inconclusive: if they were too late for another reason.
        """
        if self.checked - self.late >= LEAST_PUNCTUAL * self.checked:
            return
        if self.held_up > MOST_HELD_UP * self.checked:
            raise SolutionProtocol("its results could be read only long after it had named them")
        raise Inconclusive(
            f"{self.late} of {self.checked} results were looked at so late that they may have been computed after "
            "the clock had stopped: try a quiet machine"
        )

    def pair_logs(self, fast: str, slow: str) -> list[float | None]:
        """The log-ratios of two contestants, pair by pair; None where they cannot be compared.

        Args:
            fast: name.
            slow: name.
        """
        return [stats.pair_ratio(a, b) for a, b in zip(self.turns[fast], self.turns[slow], strict=True)]

    def logs(self, fast: str, slow: str) -> list[float]:
        """As ``pair_logs``, of the pairs that can be compared.

        Args:
            fast: name.
            slow: name.
        """
        return [log for log in self.pair_logs(fast, slow) if log is not None]

    def idle_share(self, name: str) -> float:
        """The share of a contestant's blocks that is everybody's overhead.

        Args:
            name: of the contestant.
        """
        return stats.idle_share([turn for pair in self.turns[name] for turn in pair])
