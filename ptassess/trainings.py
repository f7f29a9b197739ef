"""The fixture ``training``: the judge draws seeds, splits and initial weights, hands out samples, computes scores."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ptassess.errors import ContentError
from ptassess.measure import training
from ptassess.sandbox.solution import judge_call

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import nn

    from ptassess.bands import Band
    from ptassess.check import Findings
    from ptassess.sandbox import Solution


class Batches:
    """Training samples that are there only as mini-batches, each epoch in a new order, up to a budget.

    ``next_batch`` is what the solution calls; it gives ``(x, y)`` and, beyond the budget, an exception.

    Args:
        x: ``(n, …)``.
        y: ``(n, …)``.
        size: of a batch; the last one of an epoch may be smaller.
        epochs: the budget.
        seed: of the order.
    """

    def __init__(self, x: torch.Tensor, y: torch.Tensor, *, size: int, epochs: int, seed: int) -> None:
        import torch

        self._x, self._y, self._size = x, y, size
        self._order = torch.Generator().manual_seed(seed)
        self._waiting: list[torch.Tensor] = []
        self._epochs = epochs
        self.per_epoch = -(-len(y) // size)
        self.samples = 0
        self.next_batch = judge_call(self._next, limit=epochs * self.per_epoch)

    @property
    def epochs(self) -> float:
        """How many were used."""
        return self.samples / len(self._y)

    def require_budget(self) -> None:
        """See that the budget was kept, whatever the solution made of the exception.

        Raises:
            AssertionError: if more was asked for.
        """
        if self.next_batch.exceeded:
            raise AssertionError(f"more than {self._epochs} epochs")

    def _next(self) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        if not self._waiting:
            order = torch.randperm(len(self._y), generator=self._order)
            self._waiting = [order[first : first + self._size] for first in range(0, len(order), self._size)]
        index = self._waiting.pop(0)
        self.samples += len(index)
        return self._x[index], self._y[index]


@dataclass
class Trial:
    """One training: what the judge draws for it, and what it notes.

    Args:
        seed: everything is drawn from it.
        rng: for tensors.
        draw: for single numbers.
        batches: those that were handed out.
        curve: scores or losses on the way, by the judge's own computing; drawn in the scorecard.
    """

    seed: int
    rng: torch.Generator
    draw: random.Random
    batches: list[Batches] = field(default_factory=list)
    curve: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, seed: int) -> Trial:
        """A trial with that seed.

        Args:
            seed: any number.
        """
        import torch

        return cls(seed, torch.Generator().manual_seed(seed % 2**63), random.Random(seed))  # noqa: S311  no secret

    def feed(self, x: torch.Tensor, y: torch.Tensor, *, size: int, epochs: int) -> Batches:
        """Hand out samples as mini-batches; what is used of the budget is noted.

        Args:
            x: ``(n, …)``.
            y: ``(n, …)``.
            size: of a batch.
            epochs: the budget.
        """
        made = Batches(x, y, size=size, epochs=epochs, seed=self.draw.randrange(2**31))
        self.batches.append(made)
        return made

    def split(self, *tensors: torch.Tensor, held_out: float = 0.25) -> list[torch.Tensor]:
        """Split samples at random: for each tensor its training part, then for each its held-out part.

        Args:
            tensors: ``(n, …)`` each.
            held_out: share that the solution sees no labels of.
        """
        import torch

        order = torch.randperm(len(tensors[0]), generator=self.rng)
        cut = len(order) - round(held_out * len(order))
        return [t[order[:cut]] for t in tensors] + [t[order[cut:]] for t in tensors]

    def initial(self, make: Callable[[], nn.Module]) -> dict[str, torch.Tensor]:
        """Initial weights that the judge has drawn, to be loaded by a probe.

        Args:
            make: builds the module, with torch's own initialisation.
        """
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed % 2**63)
            return make().state_dict()


class Training:
    """One check's trainings.

    Args:
        solution: the candidate's.
        findings: of the check.
        seed: gives the seed of a trial by its number.
        band: finds the reference's band by the name of an evidence.
    """

    def __init__(
        self, solution: Solution, findings: Findings, seed: Callable[[int], int], band: Callable[[str], Band]
    ) -> None:
        self._solution = solution
        self._findings = findings
        self._seed = seed
        self._band = band

    def __call__(
        self,
        run: Callable[[Any, Trial], float],
        *,
        name: str,
        asked: float,
        full: float | None = None,
        msg: str = "",
    ) -> None:
        """Train with a seed of its own each time, and judge the median of the scores.

        Args:
            run: does one training with a fresh process of the solution, and gives its score, computed by the judge from
                returned predictions or weights on samples whose labels never went in; higher is better.
            name: of the score, for readers and in the evidence.
            asked: the least that passes, for half of the check's points.
            full: what has all of them; by default the least that the reference reached in its calibration.
            msg: a hint for the candidate.

        Raises:
            AssertionError: if the median is less than what is asked for.
        """
        scores: list[float] = []
        trials: list[Trial] = []
        began = time.perf_counter()
        with self._solution.session() as session:
            while len(scores) < training.TRIALS:
                if scores:
                    session.restart()
                trials.append(Trial.of(self._seed(len(scores))))
                scores.append(float(run(session, trials[-1])))
                if len(scores) == 1 and time.perf_counter() - began > training.SLOW_SECONDS:
                    break
        try:
            band = self._band(name)
        except ContentError:
            band = None
        found = training.judge(scores, asked=asked, full=full, band=band)
        self._note(name, scores, trials, found)
        told = f"{name} is {found.score:.4g}" + (f" (the median of {len(scores)})" if len(scores) > 1 else "")
        if not found.passes:
            raise AssertionError(f"{told}; at least {asked:.4g} is asked for" + (f"\n{msg}" if msg else ""))
        if found.credit < 1:
            best = full if full is not None else band.low if band else asked
            self._findings.credit = found.credit
            self._findings.reason = f"{told}; from {best:.4g} on this check has all its points"

    def _note(self, name: str, scores: list[float], trials: list[Trial], found: training.Learned) -> None:
        evidence = self._findings.evidence
        evidence[name] = found.score
        evidence[f"{name}, by seed"] = scores
        epochs = [sum(batches.epochs for batches in trial.batches) for trial in trials]
        if any(epochs):
            evidence["epochs, by seed"] = epochs
        if any(trial.curve for trial in trials):
            evidence["curve of the first seed"] = trials[0].curve
        if found.is_odd:
            evidence["worth a look"] = "far better than the reference ever was in its calibration"
