"""How much of what a check allows was used: noted by the comparisons of ``ptassess.checking``, stored as evidence.

Of the reference, over many seeds, it tells the author whether a tolerance has room (``ptassess check-challenges``), and
``ptassess calibrate`` writes it into the challenge.
"""

from __future__ import annotations

NAME = "error / allowed"
"""Of the evidence: the largest error that the check compared, as a share of what it allows."""

_shares: list[float] = []


def begin() -> None:
    """Forget what was noted before."""
    _shares.clear()


def note(error: float, allowed: float) -> None:
    """Note a comparison.

    Args:
        error: found, in any unit.
        allowed: in the same unit. Where it is 0, nothing is noted: exact is exact.
    """
    if allowed > 0:
        _shares.append(error / allowed)


def end() -> float | None:
    """The largest share that was noted since the beginning, in two digits, or None."""
    return float(f"{max(_shares):.2g}") if _shares else None
