"""The A/A control: a race of one and the same code, to show what this machine's noise does to a race."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ptassess.measure import race, stats
from ptassess.measure.times import Times
from ptassess.sandbox import Limits
from ptassess.sandbox.devices import CPU

if TYPE_CHECKING:
    import torch

    from ptassess.measure.stats import Ratio
    from ptassess.sandbox.wall import ProcessWall

TASK = Path(__file__).with_name("control_task.py")
_SIDE = 128
_DEVICE_SIDE = 1024
"""64 products are 137 GFLOP, some milliseconds; the matrix is copied in and out in about one. Not measured yet."""
_PRECISE = 0.005  # half-width of the interval at which more pairs would tell nothing new


def run(wall: ProcessWall, *, seconds: float, device: str = CPU) -> Ratio:
    """Race a product of two matrices, on an accelerator of 65 of them, against itself.

    Args:
        wall: behind which it runs.
        seconds: that it may take, beside its start.
        device: on which it runs.

    Returns:
        The ratio, which should be 1, with its 95 % interval.
    """
    import torch

    draw = torch.Generator().manual_seed(0)  # a fixed task: nothing is to be won here

    def check(out: torch.Tensor, a: torch.Tensor) -> None:
        assert torch.allclose(out, a @ a, rtol=1e-4, atol=1e-4)

    def check_chain(out: torch.Tensor, a: torch.Tensor) -> None:
        row = a[:1]
        for _ in range(64):
            row = row @ a
        # Rounding grows with each product; a product too few is off by about the size of the entries.
        assert (out[:1] - row).norm() <= 0.05 * row.norm(), "a to the 65th power"

    def draw_chain() -> tuple[torch.Tensor]:
        return (torch.randn(_DEVICE_SIDE, _DEVICE_SIDE, generator=draw) / _DEVICE_SIDE**0.5,)

    apart = device != CPU
    event = race.Event(
        name="chain" if apart else "square",
        inputs=draw_chain if apart else lambda: (torch.rand(_SIDE, _SIDE, generator=draw),),
        check=check_chain if apart else check,
        limits=Limits(),
        device=device,
    )
    entrants = {name: race.Entrant(path=TASK, shown_as=TASK.name, trusted=True) for name in ("a", "b")}

    def enough(times: Times) -> bool:
        logs = times.logs("a", "b")
        return len(logs) > 1 and stats.combine(logs).half_width < _PRECISE

    return stats.combine(race.run(wall, entrants, event, enough=enough, seconds=seconds).logs("a", "b"))
