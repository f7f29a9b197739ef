"""The race: what is timed is what is checked, nothing is worked on outside the clock, and no clock of theirs counts."""

import random
import time

import pytest
import torch

from ptassess.errors import SolutionProtocol, SolutionRaised, SolutionTimeout
from ptassess.measure import race, stats
from ptassess.measure.cores import judge_apart, may_spin, pairs, usable
from ptassess.sandbox import Limits, landlock, open_wall
from ptassess.sandbox.levels import PROCESS
from ptassess.sandbox.reading import Spots

SQUARE = "import torch\n\ndef square(a):\n    return a @ a\n"
TWICE = "import torch\n\ndef square(a):\n    a @ a\n    return a @ a\n"


@pytest.fixture(scope="module")
def wall():
    """The strongest that there is here."""
    wall = open_wall("process")
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
    assert len(times.turns["once"]) == race.LOOKS[0]
    assert ratio.low <= 2.1
    assert ratio.high >= 1.9
    assert times.checked >= 16
    assert 0 < times.idle_share("once") < 1


def test_a_first_call_that_was_disturbed_does_not_decide_the_turns_of_the_race(wall, entrant, event, monkeypatch):
    plans, pilot, plan = [], race._Race._pilot, race._Race._plan

    def disturbed(self, entrant):
        pilot(self, entrant)
        return 1e-2 if entrant.shown_as == "a.py" else 1e-4  # whatever else the machine does

    def noted(self):
        plan(self)
        plans.append((dict(self._calls), dict(self._warm)))

    monkeypatch.setattr(race._Race, "_pilot", disturbed)
    monkeypatch.setattr(race._Race, "_plan", noted)
    short(wall, {"a": entrant(SQUARE, "a"), "b": entrant(SQUARE, "b")}, event)
    assert len(plans) >= race.LOOKS[0]
    assert plans[0][0]["a"] < plans[0][0]["b"]
    for planned in plans[-1]:
        assert planned["a"] == planned["b"]


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


@pytest.mark.parametrize("writing", [0, 9])
def test_a_block_of_which_one_call_is_computed_is_found_out(wall, entrant, event, monkeypatch, writing):
    last = """
import torch

calls = 0

def square(a):
    global calls
    calls += 1
    return a @ a if calls % 3 == 0 else torch.zeros(128, 128)
"""
    monkeypatch.setattr(race, "MOST_WRITING", writing)
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


@pytest.fixture
def contestant(wall, entrant):
    """One worker that calls ``solve`` of a source."""
    opened = []

    def make(source, args):
        opened.append(
            wall.contestant(
                entrant(source).path, limits=Limits(seconds=5.0), shown_as="solution.py", name="solve", args=args
            )
        )
        return opened[-1]

    yield make
    for contestant in opened:
        contestant.close()


@pytest.mark.parametrize("apart", [True, False])
def test_inputs_may_be_changed_and_what_was_noted_on_them_is_gone_in_the_next_call(contestant, apart):
    source = """
def solve(a):
    a.requires_grad_()
    assert a.grad is None
    (a * a).sum().backward()
    out = a.grad.clone()
    a.data.zero_()
    return out
"""
    one = contestant(source, (torch.zeros(8),))
    for value in (1.0, 2.0, 3.0):
        calls = [(torch.full((8,), value + i),) for i in range(3)]
        out = one.turn(calls, warm=calls[:1], apart=apart, look=True).result
        assert out.tolist() == [2 * (value + 2)] * 8


@pytest.mark.parametrize(
    "returned",
    ["a + 1", "(a + 1, [a.sum(), 2 * a])", "{'a': a.bool(), 'b': a[:0]}", "(a + 1).T", "[3.5, a]", "a.sum().item()"],
)
def test_results_of_every_kind_are_what_they_are(contestant, returned):
    a = torch.arange(6.0).reshape(2, 3)
    one = contestant(f"def solve(a):\n    return {returned}\n", (a,))
    for i in range(3):  # the first time a result is told in full
        given = a + i
        expected = eval(returned, {"a": given})
        out = one.turn([(given,)] * 2, look=True).result
        torch.testing.assert_close(out, expected, rtol=0, atol=0)


def test_results_whose_shapes_differ_are_right_too(contestant):
    one = contestant("def solve(a):\n    return a[a > 0]\n", (torch.zeros(8),))
    for count in (3, 3, 0, 8, 5, 5):
        given = torch.arange(8.0) - (7 - count)
        assert one.turn([(given,)], look=True).result.tolist() == given[given > 0].tolist()


def test_a_result_that_is_still_being_written_is_refused(contestant):
    source = """
import threading, torch

out = torch.zeros(1 << 22)

def keep_writing():
    while True:
        out.add_(1)

threading.Thread(target=keep_writing, daemon=True).start()

def solve(a):
    return out
"""
    one = contestant(source, (torch.zeros(8),))
    one.turn([(torch.zeros(8),)], look=True)  # the first result is sent as it is
    with pytest.raises(SolutionProtocol, match="still being written"):
        one.turn([(torch.zeros(8),)], look=True)


@pytest.mark.parametrize("apart", [True, False])
def test_how_late_a_result_was_looked_at_is_known(contestant, monkeypatch, apart):
    read = Spots.read

    def slowly(*args):
        time.sleep(0.05)
        return read(*args)

    one, call = contestant("def solve(a):\n    return a + 1\n", (torch.zeros(8),)), (torch.ones(8),)
    by_value = one.turn([call], look=True)
    assert by_value.late == 0
    soon = one.turn([call] * 3, warm=[call], apart=apart, look=True)
    assert 0 < soon.late < 0.05
    monkeypatch.setattr(Spots, "read", slowly)
    late = one.turn([call] * 3, warm=[call], apart=apart, look=True)
    assert late.late >= 0.05 > late.seconds  # the clock has stopped before
    assert soon.result.tolist() == late.result.tolist() == [2.0] * 8


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("look", [True, False])
def test_a_turn_of_one_call_is_rehearsed_whether_or_not_its_result_is_looked_at(contestant, monkeypatch, apart, look):
    one, call = contestant("def solve(a):\n    return a + 1\n", (torch.zeros(8),)), (torch.ones(8),)
    one.turn([call], look=True)  # the first result is told in full, so nothing is known that a look could be aimed at
    rehearsed = []
    monkeypatch.setattr(Spots, "rehearse", lambda _, pointers: rehearsed.append(pointers))
    one.turn([call], warm=[call], apart=apart, look=look)
    assert len(rehearsed) == 1


@pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")
def test_a_contestant_can_look_into_no_other_process_at_any_level(tmp_path):
    source = """
import os

def opens(path):
    try:
        open(path, "rb").close()
        return True
    except PermissionError:
        return False

def solve(a):
    judge = open(f"/proc/{os.getppid()}/stat").read().rpartition(") ")[2].split()[1]
    files = os.listdir(f"/proc/{judge}/fd")
    try:
        os.kill(int(judge), 0)
        signals = True
    except PermissionError:
        signals = False
    seen = any(opens(f"/proc/{judge}/fd/{file}") for file in files)
    return [opens(f"/proc/{judge}/mem"), seen, signals, opens("/proc/self/mem")]
"""
    (tmp_path / "solution.py").write_text(source)
    wall = PROCESS.open([])
    try:
        one = wall.contestant(
            tmp_path / "solution.py", limits=Limits(), shown_as="s.py", name="solve", args=(torch.zeros(8),)
        )
        found = one.turn([(torch.zeros(8),)], look=True).result
        one.close()
    finally:
        wall.close()
    assert found == [False, False, landlock.version() < 6, True]


def test_a_result_that_claims_more_tensors_than_an_answer_may_have_is_not_read(contestant):
    source = """
from ptassess.sandbox import laps

describe = laps.describe
laps.describe = lambda result, kind=None: (([("float32", [1 << 28])] * 400, 0), [result.data_ptr()] * 400)

def solve(a):
    return a + 1
"""
    one = contestant(source, (torch.zeros(8),))
    with pytest.raises(SolutionProtocol, match="impossible shape"):
        one.turn([(torch.zeros(8),)] * 2, look=True)


def test_who_answers_an_order_that_was_not_given_is_not_believed(contestant):
    source = """
import sys, torch

def solve(a):
    words = sys._getframe(1).f_locals["self"]._window._words
    out = a + 1
    for guess in (1, 3, words[8] + 2):
        words[16] = guess
    return out
"""
    one = contestant(source, (torch.zeros(8),))
    assert one.turn([(torch.ones(8),)] * 3, look=True).result.tolist() == [2.0] * 8


def test_the_judge_and_the_contestants_have_cores_of_their_own_where_there_are_two():
    before = usable()
    with judge_apart(random.Random(0)) as core:
        assert len(usable()) == 1
        assert core not in usable() or not may_spin()
    assert usable() == before
    assert all(a != b for a, b in pairs()) or len(before) == 1
