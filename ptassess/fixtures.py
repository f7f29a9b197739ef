"""What a check may ask for."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ptassess import bands
from ptassess.check import CHECK, FINDINGS, Findings
from ptassess.errors import ContentError, NotAssessed
from ptassess.exam import derive
from ptassess.loading import load_file
from ptassess.matrix import ENTRY, SHARED
from ptassess.pytest_plugin import assessment_of
from ptassess.races import TIMING, is_timed
from ptassess.repeating import ended
from ptassess.trainings import Training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    import torch

    from ptassess.assessment import Assessment
    from ptassess.bands import Band
    from ptassess.footprints import Footprint
    from ptassess.quiz import Quiz
    from ptassess.races import Race, Timing
    from ptassess.sandbox import Solution


@pytest.fixture
def solution(request: pytest.FixtureRequest) -> Solution:
    """The candidate's solution, behind the wall: ``solution.softmax(x)`` calls their function in a fresh process."""
    return assessment_of(request.config).open(request.node, "solution")


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Solution:
    """The challenge's reference, with the same interface, in a worker of its own; in private checks only."""
    return assessment_of(request.config).open(request.node, "reference")


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Solution:
    """The challenge's naive version, with the same interface, in a worker of its own."""
    return assessment_of(request.config).open(request.node, "baseline")


@pytest.fixture
def probes(request: pytest.FixtureRequest) -> ModuleType:
    """The challenge's ``probes.py``, for ``solution.run(probes.name, …)``."""
    return load_file(request.node.stash[CHECK].challenge.home / "probes.py", "probes")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> torch.Generator:
    """A CPU generator that depends on the run seed, the challenge and the check, and on nothing else."""
    import torch

    return torch.Generator().manual_seed(_seed(request, "rng") % 2**63)


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """As ``rng``, for shapes and other single numbers."""
    return random.Random(_seed(request, "draw"))  # noqa: S311  inputs of a check, no secret


@pytest.fixture
def device(request: pytest.FixtureRequest) -> torch.device:
    """The device that was asked for with ``--device``; without one, the machine's accelerator or its CPU.

    Raises:
        NotAssessed: if it is not here.
    """
    import torch

    wanted = assessment_of(request.config).settings.device
    present = torch.accelerator.current_accelerator(check_available=True)
    if wanted == "auto":
        return present or torch.device("cpu")
    if wanted != "cpu" and (present is None or present.type != wanted):
        raise NotAssessed(f"no {wanted} device on this machine")
    return torch.device(wanted)


class Shared:
    """What a module-scoped fixture of a challenge stands on: one long computation, on which several checks look.

    Args:
        assessment: under way.
        module: the checks' file.
        entry: of an admission run, or None.
    """

    def __init__(self, assessment: Assessment, module: Path, entry: Any) -> None:
        self._assessment = assessment
        self._challenge = assessment.challenge_of(module)[0]
        self._entry = entry

    @contextmanager
    def solution(self, task: str) -> Iterator[Solution]:
        """The candidate's solution, in a process that ends with the block; return values, not the handle.

        Args:
            task: whose deadline and memory it has.
        """
        handle = self._assessment.open_for(self._challenge, self._challenge.task(task), "solution", self._entry)
        try:
            yield handle
        finally:
            handle.close()

    def rng(self, purpose: str) -> torch.Generator:
        """As the fixture ``rng``, for one purpose in this challenge.

        Args:
            purpose: any word.
        """
        import torch

        return torch.Generator().manual_seed(self._seed(purpose, "rng") % 2**63)

    def draw(self, purpose: str) -> random.Random:
        """As the fixture ``draw``, for one purpose in this challenge.

        Args:
            purpose: any word.
        """
        return random.Random(self._seed(purpose, "draw"))  # noqa: S311  inputs of checks, no secret

    def _seed(self, purpose: str, kind: str) -> int:
        seed = self._entry.seed if self._entry else self._assessment.settings.seed
        return derive(seed, self._challenge.slug, "shared", purpose, kind)


@pytest.fixture(name=SHARED, scope="module")
def shared(request: pytest.FixtureRequest) -> Shared:
    """For a module-scoped fixture that returns values: ``with shared.solution("fit") as solution: …``.

    If it fails, each check that asks for its values fails with the same cause.
    """
    return Shared(assessment_of(request.config), request.path, getattr(request, "param", None))


@pytest.fixture
def race(request: pytest.FixtureRequest) -> Race:
    """``race("solve", inputs=draw, check=verify, at_least=5)``: the solution must be five times the baseline's pace.

    See ``ptassess.races.Race`` for the arguments.

    Raises:
        NotAssessed: at the level ``inprocess``, where the judge has no clock of its own.
    """
    timing: Timing = request.config.pluginmanager.get_plugin(TIMING)  # type: ignore[assignment]  # registered with us
    return timing.race_of(request.node)


@pytest.fixture
def footprint(request: pytest.FixtureRequest) -> Footprint:
    """``footprint(make=…, answer=…, size_at_most=0.3, …)``: the solution's model beside the float model.

    See ``ptassess.footprints.Footprint`` for the arguments.

    Raises:
        NotAssessed: at the level ``inprocess``, where there is no clean process.
    """
    timing: Timing = request.config.pluginmanager.get_plugin(TIMING)  # type: ignore[assignment]  # registered with us
    return timing.footprint_of(request.node)


@pytest.fixture
def training(request: pytest.FixtureRequest, solution: Solution, band: Callable[[str], Band]) -> Training:
    """``training(run, name="R²", asked=0.4)``: several trainings, each of its own seed; the median score decides.

    ``run(solution, trial)`` does one of them; see ``ptassess.trainings`` for what a trial draws and counts.
    """
    return Training(solution, request.node.stash[FINDINGS], lambda number: _seed(request, f"trial {number}"), band)


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the check measured, by name; JSON values, tensors and numbers. It is stored and shown, never scored."""
    findings: Findings = request.node.stash[FINDINGS]
    return findings.evidence


@pytest.fixture
def credit(request: pytest.FixtureRequest) -> Callable[[float, str], None]:
    """``credit(0.5, "one more tensor is saved")``: what a passing check is worth, between 0 and 1, and why not all."""

    def give(share: float, reason: str) -> None:
        findings = request.node.stash[FINDINGS]
        findings.credit, findings.reason = share, reason

    return give


@pytest.fixture
def band(request: pytest.FixtureRequest) -> Callable[[str], Band]:
    """``band("residual")``: what the reference reached in this check's evidence of that name, over many seeds.

    Raises:
        ContentError: if the challenge was not calibrated, or this evidence is not in its bands.
    """
    check = request.node.stash[CHECK]

    def find(name: str) -> Band:
        try:
            return bands.read(check.half, check.challenge.slug)[check.name][name]
        except KeyError:
            told = f"{check.name}: no band for {name!r}; `ptassess calibrate {check.challenge.slug}` makes them"
            raise ContentError(told) from None

    return find


@pytest.fixture
def quiz(request: pytest.FixtureRequest) -> Quiz:
    """The candidate's answers to the challenge's questions, read as data."""
    return assessment_of(request.config).quiz(request.node.stash[CHECK])


@pytest.fixture(name=ENTRY, scope="module")
def _entry(request: pytest.FixtureRequest) -> Any:
    """The submission of an admission run; see ``ptassess.matrix``."""
    return request.param


def _seed(request: pytest.FixtureRequest, purpose: str) -> int:
    check = request.node.stash[CHECK]
    if (runs := ended(request.node)) and is_timed(request.node):
        purpose += f" after {runs}"  # whatever a process before may have left behind is of no use to this one
    seed = check.entry.seed if check.entry else assessment_of(request.config).settings.seed
    return derive(seed, check.challenge.slug, check.name, purpose)
