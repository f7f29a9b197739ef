"""Honest but odd solutions: none is refused, results of each are looked at, and none loses what its pace is worth.

A file in `honest/` says in its first lines what is odd about it, and whether its pace is that of the plain version.
"""

import random
from pathlib import Path

import pytest
import torch

from ptassess.measure import race, stats
from ptassess.sandbox import Limits, open_wall

HERE = Path(__file__).parent / "honest"
SOLUTIONS = sorted(HERE.glob("*.py"))


@pytest.fixture(scope="module")
def wall():
    wall = open_wall("process")
    yield wall
    wall.close()


@pytest.fixture
def event(monkeypatch):
    monkeypatch.setattr(race, "PAIR_SECONDS", 0.06)
    rng = torch.Generator().manual_seed(0)

    def check(out, a):
        assert isinstance(out, torch.Tensor), "a tensor"
        assert torch.allclose(out, a @ a, rtol=1e-10, atol=1e-10), "a times a"

    def inputs():
        return (torch.rand(160, 160, generator=rng, dtype=torch.float64),)

    return race.Event(name="solve", inputs=inputs, check=check, limits=Limits(seconds=30.0))


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_an_odd_solution_is_raced_as_any_other(wall, event, path):
    entrants = {
        "solution": race.Entrant(path=path, shown_as=path.name),
        "plain": race.Entrant(path=HERE / "plain.py", shown_as="plain.py", trusted=True),
    }
    times = race.run(wall, entrants, event, enough=lambda _: True, draw=random.Random(3))
    logs = times.logs("solution", "plain")
    assert len(times.turns["solution"]) == race.LOOKS[0]
    assert times.checked >= 12
    if "# pace: same" in path.read_text() and len(logs) >= 2:  # on a busy machine pairs may tell nothing
        assert stats.combine(logs, confidence=stats.DECIDES).high >= 0.9, logs


def test_there_are_enough_of_them():
    assert len(SOLUTIONS) >= 30
