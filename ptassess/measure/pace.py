"""How long the parts of a race are, on an accelerator."""

from __future__ import annotations

from dataclasses import dataclass

MOST_IDLE = 0.2
"""Share of a block that copies and waiting may be; above it the difference of two large figures is what is graded, and
work that hides behind a copy counts for little. The task must grow: more operations for each byte of its inputs."""
RAMP_STEP = 50e-3
"""Seconds of blocks whose median is one step of warming up: clocks rise too slowly for a few blocks to show it."""
ALIKE = 1.01


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Lengths in seconds, and counts.

    Args:
        block: of a timed block, about.
        pair: of a pair's turns.
        looks: pairs after which a race is looked at, to end it if it is decided.
        idle_share: of the rounds, in which the idle contestant takes a turn as well.
        ramp: at most, of each contestant's warming up at the begin of a pair; 0 for the one round that all need.
    """

    block: float
    pair: float
    looks: tuple[int, ...]
    idle_share: float
    ramp: float = 0.0


ACCELERATOR = Pace(
    # One call, as on a CPU: who sees several calls' inputs can compute them as one batch, and who is asked for one of
    # several results could compute that one only. A device's batches pay more still.
    block=0.0,
    pair=1.0,  # a fresh context takes up to a second: fewer pairs, with more rounds
    looks=(3, 4, 6, 9),
    idle_share=0.5,  # copies are a larger share than on a CPU, and must be known as well
    ramp=0.5,  # clocks of an idle device need some 100 ms to rise
)
"""Proposals, none of them measured: they were written on a machine without an accelerator. The aim is an
A/A race with a 95th percentile of 0.5 % on a kernel of 50 µs, and for races of 5 s."""


def is_steady(seconds: list[float]) -> bool:
    """Whether warming up is over: the last three steps' medians are the same within 1 %.

    Args:
        seconds: medians.
    """
    last = seconds[-3:]
    return len(last) == 3 and max(last) <= ALIKE * min(last)
