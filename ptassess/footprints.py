"""The fixture ``footprint``: what a model that was made small still is, beside the float model it was made from."""

from __future__ import annotations

import inspect
import math
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptassess import rows
from ptassess.check import CHECK, FINDINGS
from ptassess.errors import Inconclusive
from ptassess.measure import footprint, stats
from ptassess.measure.footprint import Asked, Figures, Trade, Weight
from ptassess.measure.speed import BASELINE, REFERENCE, SOLUTION
from ptassess.races import PATIENCE, SECONDS, entrants_of
from ptassess.sandbox import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest
    import torch

    from ptassess.assessment import Assessment
    from ptassess.measure.lock import DeviceLock
    from ptassess.measure.race import Event
    from ptassess.measure.times import Times
    from ptassess.sandbox.wall import ProcessWall

FLOAT = "float"
_SHOWN_AS = {SOLUTION: SOLUTION, BASELINE: FLOAT, REFERENCE: REFERENCE}


class Footprint:
    """One check's measurement of the solution, the float model in ``baseline.py`` and the reference, if there is one.

    Args:
        assessment: under way.
        wall: behind which they run.
        item: the check.
        lock: shared while nothing is timed, taken alone for the race.
        control: measures the A/A control.
    """

    def __init__(
        self,
        assessment: Assessment,
        wall: ProcessWall,
        item: pytest.Item,
        lock: DeviceLock,
        control: Callable[[ProcessWall], stats.Ratio],
    ) -> None:
        self._assessment = assessment
        self._wall = wall
        self._item = item
        self._check = item.stash[CHECK]
        self._findings = item.stash[FINDINGS]
        self._lock = lock
        self._control = control
        task = self._check.task
        self._limits = Limits(seconds=task.seconds, memory_mb=task.memory_mb, weighed=True)

    def __call__(  # noqa: PLR0913  four quantities, each with its limit
        self,
        *,
        make: Callable[..., Any],
        make_args: Sequence[Any] = (),
        artefact: str,
        answer: Callable[..., Any],
        held_out: tuple[torch.Tensor, torch.Tensor],
        score: footprint.Score,
        loses_at_most: float,
        batch: int = 64,
        size_at_most: float | None = None,
        memory_at_most: float | None = None,
        latency_at_most: float | None = None,
        source_at_most: int | None = None,
    ) -> None:
        """Measure the solution; pass if it keeps every limit that is given.

        The float model is what ``baseline.py`` makes and answers by the same probes.

        Args:
            make: a probe ``(solution, artefact, *make_args)`` that has the solution write the artefact, in one process.
            make_args: the float model's weights, samples to calibrate with.
            artefact: name of the file or folder, without a slash.
            answer: a probe ``(solution, artefact, x)`` that gives the outputs of a batch, in another process. It keeps
                what it has loaded from one call to the next.
            held_out: inputs ``(n, …)`` and their labels ``(n, …)``; the labels stay with the judge. Inputs of two
                batches at least.
            score: of outputs and labels; higher is better.
            loses_at_most: score that may be lost, in its unit: 0.01 is one point of an accuracy.
            batch: samples of a call.
            size_at_most: bytes of the artefact on disk, relative to the float model's.
            memory_at_most: memory that loading and answering adds, relative to the float model's, which has to add
                8 MiB or more.
            latency_at_most: seconds of a call, relative to the float model's; decided by a race.
            source_at_most: bytes of the solution's own files: for weights that do not change from run to run.

        Raises:
            AssertionError: if a limit is missed; one line says which, and by how much.
            SolutionError: if there is no artefact, or there are no outputs.
            Inconclusive: if the race was too noisy to decide.
            ContentError: if the float model or the reference does not work, or is too small.
        """
        x, y = held_out
        assert Path(artefact).name == artefact, "the artefact's name has no slash"
        assert len(x) == len(y) >= 2 * batch, "two batches at least: a cache after the first call is to be seen"
        trade = Trade(
            make=make, make_args=make_args, artefact=artefact, answer=answer, x=x, y=y, batch=batch, score=score
        )
        asked = Asked(
            loses=loses_at_most,
            size=size_at_most,
            memory=memory_at_most,
            latency=latency_at_most,
            source=source_at_most,
        )
        with tempfile.TemporaryDirectory(prefix="ptassess-artefacts-") as folder:
            with self._lock.shared():
                weights = self._weigh(trade, Path(folder))
            figures = {name: weight.figures for name, weight in weights.items()}
            self._require(asked, figures)
            if latency_at_most is None:
                return
            batches = Batches(trade, weights[SOLUTION].outputs)
            with self._lock.alone():
                times = self._race(trade, weights, batches, latency_at_most)
        rows.add(self._item, times)
        figures = {name: with_times(found, name, times) for name, found in figures.items()}
        self._require(asked, figures)
        self._conclude(times, figures, batches, latency_at_most)

    def _weigh(self, trade: Trade, folder: Path) -> dict[str, Weight]:
        idle = footprint.idle_mb(self._wall, self._limits)
        weights = {}
        for name, entrant in entrants_of(self._assessment, self._check).items():
            (folder / name).mkdir()
            weights[name] = footprint.weigh(
                self._wall,
                entrant,
                trade,
                limits=self._limits,
                folder=folder / name,
                idle=idle,
                opened=self._findings.handles.append,
            )
        return weights

    def _require(self, asked: Asked, figures: dict[str, Figures]) -> None:
        found, floating = figures[SOLUTION], figures[BASELINE]
        evidence = self._findings.evidence
        evidence["bytes on disk, of the float model's"] = _share(found.size, floating.size)
        evidence["memory, of the float model's"] = _share(found.memory, floating.memory)
        evidence["score"] = found.score
        evidence["score that is lost"] = floating.score - found.score
        evidence |= {_SHOWN_AS[name]: one.plain() for name, one in figures.items()}
        if missed := footprint.missed(asked, found, floating):
            raise AssertionError(f"{'; '.join(missed)}\n{self._table(figures)}")

    def _race(self, trade: Trade, weights: dict[str, Weight], batches: Batches, at_most: float) -> Times:
        from ptassess.measure import race

        def enough(times: Times) -> bool:
            logs = times.logs(SOLUTION, BASELINE)
            if not logs:
                return False
            control = math.log(self._control(self._wall).value)
            return footprint.verdict(logs, at_most, control=control) != "inconclusive"

        entrants = {name: weight.entrant for name, weight in weights.items()}
        return race.run(
            self._wall, entrants, event_of(trade, batches, self._limits), enough=enough, seconds=SECONDS * PATIENCE
        )

    def _conclude(self, times: Times, figures: dict[str, Figures], batches: Batches, at_most: float) -> None:
        logs = times.logs(SOLUTION, BASELINE)
        if not logs:
            raise Inconclusive("a call takes no longer than one that does nothing: no latency can be told from that")
        control = self._control(self._wall)
        ratio = stats.combine(logs, control=math.log(control.value))
        evidence = self._findings.evidence
        evidence["seconds a call, of the float model's"] = float(f"{1 / ratio.value:.5g}")
        evidence["95 % interval of that"] = [float(f"{1 / end:.5g}") for end in (ratio.high, ratio.low)]
        evidence |= {"results looked at": times.checked, "of those, too late to count": times.late}
        evidence["A/A control"] = [float(f"{end:.5g}") for end in (control.low, control.value, control.high)]
        timed, untimed = batches.scores(skip=len(figures))
        evidence["score while it was timed"] = timed
        if footprint.loses_when_timed(timed, untimed):
            raise AssertionError(
                f"a score of {timed:.4g} while it was timed, and {untimed:.4g} for the same samples before\n"
                f"{self._table(figures)}"
            )
        told = footprint.latency(ratio, at_most)
        verdict = footprint.verdict(logs, at_most, control=math.log(control.value))
        if verdict == "fail":
            raise AssertionError(f"{told}\n{self._table(figures)}")
        times.refuse_if_late()
        if verdict == "inconclusive":
            raise Inconclusive(f"{told}; after {times.seconds:.0f} s too noisy to tell: try a quiet machine")

    def _table(self, figures: dict[str, Figures]) -> str:
        return footprint.table({_SHOWN_AS[name]: one for name, one in figures.items()})


class Batches:
    """Draws the inputs of timed calls from what was held out, and keeps the answers that the judge looks at.

    Args:
        trade: what is asked for.
        outputs: the solution's answers to all inputs, before.
    """

    def __init__(self, trade: Trade, outputs: torch.Tensor) -> None:
        import torch
        from torch.utils.weak import WeakTensorKeyDictionary

        self._trade = trade
        self._outputs = outputs
        self._rows = WeakTensorKeyDictionary()
        self._looks: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._rng = torch.Generator()
        self._rng.seed()

    def draw(self) -> tuple[str, torch.Tensor]:
        """The arguments of one call, after the solution."""
        import torch

        rows = torch.randint(len(self._trade.x), (self._trade.batch,), generator=self._rng)
        x = self._trade.x[rows]
        self._rows[x] = rows
        return self._trade.artefact, x

    def look(self, out: object, _artefact: str, x: torch.Tensor) -> None:
        """Keep the answer to one call.

        Args:
            out: what came back.
            x: the call's inputs.

        Raises:
            SolutionValue: if it is no tensor with a row for each sample.
        """
        self._looks.append((self._rows[x], footprint.checked(out, len(x))))

    def scores(self, *, skip: int) -> tuple[float, float]:
        """The score of all answers that were kept, and of those that were given to the same inputs before.

        Args:
            skip: answers to leave out: those of the first call of each contestant.
        """
        import torch

        looks = self._looks[skip:] or self._looks
        rows = torch.cat([rows for rows, _ in looks])
        labels, score = self._trade.y[rows], self._trade.score
        return float(score(torch.cat([out for _, out in looks]), labels)), float(score(self._outputs[rows], labels))


def event_of(trade: Trade, batches: Batches, limits: Limits) -> Event:
    """The race of the answers.

    Args:
        trade: what is asked for.
        batches: of inputs.
        limits: of each contestant.
    """
    from ptassess.measure.race import Event

    return Event(
        name=trade.answer.__name__,
        inputs=batches.draw,
        check=batches.look,
        limits=limits,
        source=inspect.getsource(inspect.getmodule(trade.answer)),  # type: ignore[arg-type]  # a file's has one
    )


def with_times(found: Figures, name: str, times: Times) -> Figures:
    """A contestant's figures, with what a race tells of it.

    Args:
        found: before the race.
        name: of the contestant.
        times: of the race.
    """
    seconds = stats.per_call(times.turns, name)
    return replace(
        found,
        seconds=statistics.median(seconds) if seconds else found.seconds,
        raced=max(0.0, statistics.median(times.memory_mb[name]) - times.idle_mb),
    )


def _share(part: float, whole: float) -> float:
    return float(f"{part / whole:.5g}") if whole else math.inf
