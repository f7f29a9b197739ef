"""The race: what is timed is what is checked, nothing is worked on outside the clock, and no clock of theirs counts."""

import random

import pytest
import torch

from ptassess.errors import SolutionProtocol, SolutionRaised, SolutionTimeout
from ptassess.measure import race, stats
from ptassess.measure.cores import judge_apart, pairs, usable
from ptassess.sandbox import Limits
from ptassess.sandbox.wall import ProcessWall

SQUARE = "import torch\n\ndef square(a):\n    return a @ a\n"
TWICE = "import torch\n\ndef square(a):\n    a @ a\n    return a @ a\n"


@pytest.fixture(scope="module")
def wall():
    wall = ProcessWall()
    yield wall
    wall.close()


@pytest.fixture
def entrant(tmp_path):
    """An entrant with that source."""

    def make(source, name="solution"):
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        return race.Entrant(path=path, shown_as=path.name)

    return make


@pytest.fixture
def event():
    rng = torch.Generator().manual_seed(0)

    def check(out, a):
        assert isinstance(out, torch.Tensor), "a tensor"
        assert torch.allclose(out, a @ a, atol=1e-3), "a times a"

    return race.Event(
        name="square", inputs=lambda: (torch.randn(128, 128, generator=rng),), check=check, limits=Limits(seconds=5.0)
    )


def short(wall, entrants, event, seed=0):
    """Six pairs."""
    return race.run(wall, entrants, event, enough=lambda _: True, draw=random.Random(seed))


def test_twice_the_work_is_half_the_speed_with_any_noise_inside_the_interval(wall, entrant, event):
    times = short(wall, {"once": entrant(SQUARE, "once"), "twice": entrant(TWICE, "twice")}, event)
    ratio = stats.combine(times.logs("once", "twice"), confidence=0.999)
    assert ratio.pairs == race.LEAST_PAIRS
    assert ratio.low <= 2.1
    assert ratio.high >= 1.9
    assert times.checked >= 16
    assert 0 < times.idle_share("once") < 1


def test_every_turn_has_fresh_inputs(wall, entrant, event):
    replay = "kept = []\n\ndef square(a):\n    if not kept:\n        kept.append(a @ a)\n    return kept[0].clone()\n"
    with pytest.raises(AssertionError, match="a times a"):
        short(wall, {"solution": entrant(replay)}, event)


def test_a_result_that_is_not_there_when_the_clock_stops_is_not_there(wall, entrant, event):
    lazy = """
import threading, time
import torch

def square(a):
    out = torch.empty(128, 128)

    def fill():
        time.sleep(0.02)
        torch.matmul(a, a, out=out)

    threading.Thread(target=fill).start()
    return out
"""
    with pytest.raises(AssertionError, match="a times a"):
        short(wall, {"solution": entrant(lazy)}, event)


def test_a_block_of_which_one_call_is_computed_is_found_out(wall, entrant, event):
    last = """
import torch

calls = 0

def square(a):
    global calls
    calls += 1
    return a @ a if calls % 3 == 0 else torch.zeros(128, 128)
"""
    with pytest.raises(AssertionError, match="a times a"):
        short(wall, {"solution": entrant(last)}, event)


def test_a_clock_that_is_replaced_and_a_collector_that_is_called_change_nothing(wall, entrant, event):
    source = "import time\ntime.perf_counter = time.monotonic = time.time = lambda: 0.0\n" + TWICE
    times = short(wall, {"once": entrant(SQUARE, "once"), "twice": entrant(source, "twice")}, event)
    assert stats.combine(times.logs("twice", "once"), confidence=0.999).low < 1


def test_a_workspace_that_is_used_again_is_right(wall, entrant, event):
    source = "import torch\n\nout = torch.empty(128, 128)\n\ndef square(a):\n    return torch.mm(a, a, out=out)\n"
    times = short(wall, {"solution": entrant(source)}, event)
    assert times.checked >= 16
    assert {turn.calls for pair in times.turns["solution"] for turn in pair} == {1}


def test_results_that_are_no_plain_tensor_are_looked_at_too(wall, entrant, event):
    source = "def square(a):\n    return {'out': (a @ a).T.contiguous().T}\n"

    def check(out, a):
        assert torch.allclose(out["out"], a @ a, atol=1e-3)

    nested = race.Event(name="square", inputs=event.inputs, check=check, limits=event.limits)
    assert short(wall, {"solution": entrant(source)}, nested).checked >= 16


def test_who_moves_to_another_core_is_out(wall, entrant, event):
    if len(usable()) < 2:
        pytest.skip("one core: there is nowhere to move to")
    source = "import os\n\ndef square(a):\n    os.sched_setaffinity(0, range(os.cpu_count()))\n    return a @ a\n"
    with pytest.raises(SolutionProtocol, match="moved to another core"):
        short(wall, {"solution": entrant(source)}, event)


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("def square(a):\n    raise ValueError('no')\n", SolutionRaised, "ValueError: no"),
        ("def square(a):\n    while True: pass\n", SolutionTimeout, "did not return within 1 s"),
    ],
)
def test_a_contestant_without_a_result_is_told_as_elsewhere(  # noqa: PLR0913, PLR0917  fixtures and parameters
    wall, entrant, event, source, error, said
):
    brief = race.Event(name="square", inputs=event.inputs, check=event.check, limits=Limits(seconds=1.0))
    with pytest.raises(error, match=said):
        short(wall, {"solution": entrant(source)}, brief)


def test_the_inputs_are_sealed_against_the_worker_and_what_it_writes_is_its_own(wall, entrant):
    source = """
import torch

def spoil(a):
    out = a.sum().reshape(1)
    a.zero_()
    return out
"""
    args = (torch.arange(1024.0),)
    contestant = wall.contestant(
        entrant(source, "spoils").path, limits=Limits(), shown_as="spoils.py", name="spoil", args=args, slots=1
    )
    try:
        contestant.fill(0, args)
        first = contestant.result(contestant.lap(0, 1).done, 0)
        contestant.fill(0, (torch.ones(1024),))
        second = contestant.result(contestant.lap(0, 1).done, 0)
    finally:
        contestant.close()
    assert first.item() == args[0].sum().item()
    assert second.item() == 0  # it sees its own changes, and harms nobody else's inputs


def test_the_judge_and_the_contestants_have_cores_of_their_own_where_there_are_two():
    before = usable()
    with judge_apart(random.Random(0)) as (core, spins):
        assert len(usable()) == 1
        assert core not in usable() or not spins
    assert usable() == before
    assert all(a != b for a, b in pairs()) or len(before) == 1
