"""The footprint of a model: bytes on disk, memory, seconds a call and score, each measured by the judge.

A solution writes one artefact in one process and answers from it in another, which has the artefact and nothing else of
the first. The functions below the protocol are pure.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptassess.errors import ContentError, SolutionError, SolutionValue, Undecided
from ptassess.measure import control, stats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    from ptassess.measure.race import Entrant
    from ptassess.measure.stats import Ratio, Verdict
    from ptassess.sandbox import Limits
    from ptassess.sandbox.wall import ProcessWall
    from ptassess.sandbox.weighing import Weighed

    Score = Callable[[torch.Tensor, torch.Tensor], float]

LEAST_MB = 8.0
"""Memory of the float model from which on another can be held against it: the same model's differs by 0.5 MiB from one
process to the next (measured, 12 MiB of weights)."""
RACED_MB = 2.0
"""Memory that a timed process may hold beyond its share, beside the artefact's size once more: it gives nothing back
that it has freed, so that what reading the artefact took is still there, in pieces (measured: 4.8 MiB beyond the
untimed process, of an artefact of 3 MiB; 15 and more with a float cache)."""
TIMED_LOSS = 0.02
"""Score, relative to the untimed one of the same samples, that answers may lose while they are timed: quantised
activations depend on who shares their batch."""


@dataclass(frozen=True, kw_only=True)
class Trade:
    """What is asked for in one footprint.

    Args:
        make: a probe ``(solution, artefact, *make_args)`` that has the solution write the artefact.
        make_args: the float model's weights, samples to calibrate with.
        artefact: name of the file or folder.
        answer: a probe ``(solution, artefact, x)`` that gives the outputs of a batch.
        x: inputs ``(n, …)`` that were held out.
        y: their labels ``(n, …)``, which no process ever gets.
        batch: samples of a call.
        score: of outputs and labels; higher is better.
    """

    make: Callable[..., Any]
    make_args: Sequence[Any]
    artefact: str
    answer: Callable[..., Any]
    x: torch.Tensor
    y: torch.Tensor
    batch: int
    score: Score


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The limits; None for what is not limited.

    Args:
        loses: score that it may have less than the float model, in the score's unit.
        size: bytes of the artefact, relative to the float model's.
        memory: that loading and answering adds, relative to the float model's.
        latency: seconds of a call, relative to the float model's.
        source: bytes of the solution's own files.
    """

    loses: float
    size: float | None = None
    memory: float | None = None
    latency: float | None = None
    source: int | None = None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured of one contestant.

    Args:
        size: of the artefact, in bytes.
        memory: that loading and answering added to an idle worker, in MiB.
        seconds: of a call: in a race if there was one, else with what the wire takes.
        score: by the judge.
        source: bytes of the solution's own files.
        raced: memory that was added while it was timed, in MiB; None without a race.
    """

    size: int
    memory: float
    seconds: float
    score: float
    source: int
    raced: float | None = None

    def plain(self) -> dict[str, float | int]:
        """By name and unit, for readers."""
        return {
            "bytes on disk": self.size,
            "MiB of memory": _rounded(self.memory),
            "seconds a call": _rounded(self.seconds),
            "score": _rounded(self.score),
            "bytes of code": self.source,
        } | ({} if self.raced is None else {"MiB of memory while it was timed": _rounded(self.raced)})


@dataclass(frozen=True, kw_only=True)
class Weight:
    """A contestant's figures, and what a race needs of it.

    Args:
        figures: as far as they are known without a race.
        entrant: as it was, with the artefact among its files.
        outputs: for all held-out inputs.
    """

    figures: Figures
    entrant: Entrant
    outputs: torch.Tensor


def weigh(  # noqa: PLR0913  what a measurement is made of
    wall: ProcessWall,
    entrant: Entrant,
    trade: Trade,
    *,
    limits: Limits,
    folder: Path,
    idle: float,
    opened: Callable[[Weighed], None] = lambda _: None,
) -> Weight:
    """Have a contestant write its artefact, and answer from it in a clean process.

    Args:
        wall: behind which it runs.
        entrant: whose code.
        trade: what it has to do.
        limits: of each process.
        folder: of the judge's, empty; keeps the artefact.
        idle: what an idle process holds, in MiB (``idle_mb``).
        opened: is told of each process.

    Raises:
        SolutionError: if it gives no artefact or no outputs.
        ContentError: if that happens to a contestant whose code is ours.
    """
    try:
        return _weigh(wall, entrant, trade, limits=limits, folder=folder, idle=idle, opened=opened)
    except (SolutionError, Undecided) as error:
        if entrant.trusted:
            raise ContentError(f"{entrant.shown_as}: {str(error).partition(chr(10))[0]}") from error
        raise


def _weigh(  # noqa: PLR0913  as above
    wall: ProcessWall,
    entrant: Entrant,
    trade: Trade,
    *,
    limits: Limits,
    folder: Path,
    idle: float,
    opened: Callable[[Weighed], None],
) -> Weight:
    import torch

    def start(files: Mapping[str, Path]) -> Weighed:
        made = wall.weighed(
            entrant.path, limits=limits, shown_as=entrant.shown_as, overlay=entrant.overlay, files=files
        )
        opened(made)
        return made

    kept = folder / trade.artefact
    maker = start({})
    try:
        maker.run(trade.make, trade.artefact, *trade.make_args)
        size = maker.collect(trade.artefact, kept)
    finally:
        maker.close()
    files = {trade.artefact: kept}
    clean = start(files)
    outputs, seconds = [], []
    try:
        for x in torch.split(trade.x, trade.batch):
            began = time.perf_counter()
            out = clean.run(trade.answer, trade.artefact, x)
            seconds.append(time.perf_counter() - began)
            outputs.append(checked(out, len(x)))
        held = clean.held_mb() - idle
    finally:
        added = clean.close().max_rss_mb
    together = torch.cat(outputs)
    figures = Figures(
        size=size,
        # The supervisor looks every 20 ms, and sees processes that are gone by now; what is held is exact.
        memory=max(held, added, 0.0),
        seconds=statistics.median(seconds[1:] or seconds),  # the first one loads
        score=float(trade.score(together, trade.y)),
        source=source_bytes(entrant),
    )
    return Weight(figures=figures, entrant=replace(entrant, files=files), outputs=together)


def idle_mb(wall: ProcessWall, limits: Limits) -> float:
    """What a process holds that has imported a solution, called it once and has no model, in MiB.

    Args:
        wall: behind which it runs.
        limits: of the process.
    """
    import torch

    idle = wall.weighed(control.TASK, limits=limits, shown_as=control.TASK.name)
    try:
        idle.call("square", torch.ones(16, 16))
        return idle.held_mb()
    finally:
        idle.close()


def checked(out: object, samples: int) -> torch.Tensor:
    """The outputs of a batch.

    Args:
        out: what came back.
        samples: of the batch.

    Raises:
        SolutionValue: if it is no tensor with a row for each sample.
    """
    import torch

    if not isinstance(out, torch.Tensor) or out.dim() == 0 or len(out) != samples:
        shape = f"a tensor of shape {tuple(out.shape)}" if isinstance(out, torch.Tensor) else f"a {type(out).__name__}"
        raise SolutionValue(f"the answer to {samples} samples is {shape}; it needs a row for each")
    return out


def source_bytes(entrant: Entrant) -> int:
    """Bytes of a solution's own files: the file, or all of its package's, and of what is executed on top of it.

    Args:
        entrant: whose.
    """
    found = [path for path in (entrant.path, entrant.overlay) if path is not None]
    total = 0
    for path in found:
        package = path.name == "__init__.py"
        files = [p for p in path.parent.rglob("*") if "__pycache__" not in p.parts] if package else [path]
        total += sum(file.stat().st_size for file in files if file.is_file())
    return total


def missed(asked: Asked, found: Figures, floating: Figures) -> list[str]:
    """The limits that are missed, a race's latency excepted: a phrase each, with what was found and what is asked for.

    Args:
        asked: the limits.
        found: the candidate's figures.
        floating: the float model's.

    Raises:
        ContentError: if the float model is too small to tell.
    """
    told = []
    if asked.size is not None and not found.size <= asked.size * floating.size:
        share = found.size / floating.size
        told.append(f"{found.size:,} bytes on disk are {share:.2f} of the float model's, {asked.size:g} at most")
    if asked.memory is not None:
        if floating.memory < LEAST_MB:
            raise ContentError(
                f"the float model adds {floating.memory:.1f} MiB of memory; from {LEAST_MB:g} MiB on "
                "another can be held against it"
            )
        if not found.memory <= asked.memory * floating.memory:
            share = found.memory / floating.memory
            told.append(f"{found.memory:.1f} MiB of memory, {share:.2f} of the float model's, {asked.memory:g} at most")
        if found.raced is not None and floating.raced is not None:
            most = min(floating.raced, asked.memory * floating.raced + found.size / (1 << 20) + RACED_MB)
            if not found.raced <= most:
                told.append(f"{found.raced:.1f} MiB of memory while it was timed, {most:.1f} at most")
    least = floating.score - asked.loses
    if not found.score >= least:
        told.append(f"a score of {found.score:.4g}, {least:.4g} at least (the float model has {floating.score:.4g})")
    if asked.source is not None and found.source > asked.source:
        told.append(f"{found.source:,} bytes of code, {asked.source:,} at most: numbers belong in the artefact")
    return told


def verdict(logs: Sequence[float], at_most: float, *, control: float = 0.0) -> Verdict:
    """Whether a call takes so little time.

    Args:
        logs: how many times as fast as the float model it was, in each pair of processes: logarithms, at least one.
        at_most: seconds of a call, relative to the float model's.
        control: log-ratio that the A/A control came to.
    """
    return stats.verdict(stats.combine(logs, confidence=stats.DECIDES, control=control), 1 / at_most)


def latency(ratio: Ratio, at_most: float) -> str:
    """What a race has found, for readers.

    Args:
        ratio: how many times as fast as the float model.
        at_most: seconds of a call that are asked for, relative to the float model's.
    """
    low, high = 1 / ratio.high, 1 / ratio.low if ratio.low > 0 else float("inf")
    times = f"{1 / ratio.value:.3g} times the float model's time"
    return f"a call takes {times} (between {low:.3g} and {high:.3g}), {at_most:g} at most"


def loses_when_timed(timed: float, untimed: float) -> bool:
    """Whether answers are worse when they are timed than when the same samples are answered at leisure.

    Args:
        timed: score of the answers that the judge looked at in a race.
        untimed: score of the same samples before.
    """
    return not timed >= untimed - TIMED_LOSS * abs(untimed)


def table(figures: Mapping[str, Figures]) -> str:
    """The trade-off, a line for each contestant.

    Args:
        figures: by contestant.
    """
    head = f"{'':<10}{'bytes on disk':>15}{'MiB of memory':>15}{'seconds a call':>16}{'score':>10}{'bytes of code':>15}"
    rows = [
        f"{name:<10}{f.size:>15,}{f.memory:>15.1f}{f.seconds:>16.3g}{f.score:>10.4g}{f.source:>15,}"
        for name, f in figures.items()
    ]
    return "\n".join([head, *rows])


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
