"""What a check may ask for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.assessment import CHECK, FINDINGS, Findings
from ptassess.errors import NotAssessed
from ptassess.exam import derive
from ptassess.loading import load_file
from ptassess.matrix import ENTRY
from ptassess.pytest_plugin import assessment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import torch

    from ptassess.quiz import Quiz
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


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the check measured, by name; JSON values, tensors and numbers. It is stored and shown, never scored."""
    findings: Findings = request.node.stash[FINDINGS]
    return findings.evidence


@pytest.fixture
def credit(request: pytest.FixtureRequest) -> Callable[[float], None]:
    """``credit(0.5)``: what a passing check is worth, between 0 and 1."""

    def give(share: float) -> None:
        request.node.stash[FINDINGS].credit = share

    return give


@pytest.fixture
def quiz(request: pytest.FixtureRequest) -> Quiz:
    """The candidate's answers to the challenge's questions, read as data."""
    return assessment_of(request.config).quiz(request.node.stash[CHECK])


@pytest.fixture(name=ENTRY)
def _entry(request: pytest.FixtureRequest) -> Any:
    """The submission of an admission run; see ``ptassess.matrix``."""
    return request.param


def _seed(request: pytest.FixtureRequest, purpose: str) -> int:
    check = request.node.stash[CHECK]
    seed = check.entry.seed if check.entry else assessment_of(request.config).settings.seed
    return derive(seed, check.challenge.slug, check.name, purpose)
