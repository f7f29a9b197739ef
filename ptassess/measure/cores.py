"""Which core runs what while a race is timed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_CPUS = Path("/sys/devices/system/cpu")


def usable() -> list[int]:
    """The cores that this process may run on, in order."""
    return sorted(os.sched_getaffinity(0))


def pairs() -> list[tuple[int, int]]:
    """Every choice of a core for the contestants and another one for the judge.

    The two share no physical core where the machine has several: a judge that asks without pause for an answer would
    slow a contestant on the other hardware thread of its core. On a machine with one core both are the same.
    """
    cores = usable()
    apart = [(a, b) for a in cores for b in cores if b not in _siblings(a)]
    return apart or [(a, b) for a in cores for b in cores if a != b] or [(cores[0], cores[0])]


@contextmanager
def judge_apart(draw: random.Random) -> Iterator[int]:
    """Move this process to one core for as long as the block lasts.

    Args:
        draw: which of the choices.

    Yields:
        The core for the contestants.
    """
    before = os.sched_getaffinity(0)
    contestants, judge = draw.choice(pairs())
    os.sched_setaffinity(0, {judge})
    try:
        yield contestants
    finally:
        os.sched_setaffinity(0, before)


def may_spin() -> bool:
    """Whether judge and contestants may ask for each other's messages without pause.

    With one core, or the time of less than two, they would only be in each other's way.
    """
    return len(usable()) > 1 and not _quota_below_two()


def _siblings(core: int) -> set[int]:
    """The hardware threads of a core's physical core, itself included."""
    try:
        text = (_CPUS / f"cpu{core}" / "topology" / "thread_siblings_list").read_text(encoding="utf-8").strip()
        found: set[int] = set()
        for part in text.split(","):
            first, _, last = part.partition("-")
            found |= set(range(int(first), int(last or first) + 1))
    except (OSError, ValueError):
        return {core}
    return found | {core}


def _quota_below_two() -> bool:
    """Whether a control group gives this process less than two cores' time."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="utf-8").split()
        return quota != "max" and int(quota) < 2 * int(period)
    except (OSError, ValueError):
        return False
