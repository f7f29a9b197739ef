"""A race on a real accelerator: the same code on both sides, cheats that only one has, and honest code that looks odd.

``python -m pytest tests/test_cuda_race.py -v``; ``benchmarks/on_cuda.py`` measures what is only proposed so far.
"""

import math
import random

import pytest
import torch

from ptassess.measure import control, gpu, race, stats
from ptassess.sandbox import Limits, open_wall

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")

SIDE, PRODUCTS = 1024, 32
"""32 products of 2 GFLOP: above 1 ms on any device so far, and far above 50 µs; the factor is copied in less."""
HEAD = f"""
import threading, time
import torch

def chain(a):
    product = a
    for _ in range({PRODUCTS}):
        product = product @ a
    return product
"""
HONEST = HEAD + "\ndef power(a):\n    return chain(a)\n"
TWICE = HEAD + "\ndef power(a):\n    chain(a)\n    return chain(a)\n"
UNJOINED = (
    HEAD
    + """
side = torch.cuda.Stream()

def power(a):
    torch.cuda.current_stream().synchronize()
    with torch.cuda.stream(side):
        return chain(a)
"""
)
PATCHED = """
torch.cuda.synchronize = lambda *_: None
torch.cuda.Event.synchronize = torch.cuda.Event.record = lambda *_, **__: None
torch.cuda.Stream.synchronize = lambda *_: None
torch._C._cuda_synchronize = lambda *_: None
"""
LAZY = (
    HEAD
    + f"""
from ptassess.sandbox import laps

empty = torch.empty({SIDE}, {SIDE}, device="cuda")

def call(self, args):
    self.asked = args
    return empty if self._told else chain(self.asked[0].cuda())  # the first result is sent as it is

def fetch(self):
    self._fetched = chain(self.asked[0].cuda()).cpu()
    return self._fetched

laps.DeviceLaps._call, laps.DeviceLaps._fetch = call, fetch

def power(a):
    return chain(a)
"""
)
AT_THE_COPY = (
    HEAD
    + """
from torch.overrides import TorchFunctionMode

owed = {}

class Late(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        if args and id(args[0]) in owed and getattr(function, "__name__", "") in ("to", "cpu", "copy_"):
            out, a = owed.pop(id(args[0]))
            out.copy_(chain(a))
        return function(*args, **(kwargs or {}))

mode = Late()
mode.__enter__()

def power(a):
    out = torch.empty_like(a)
    owed[id(out)] = out, a
    return out
"""
)
LATER = HEAD + (
    "\ndef power(a):\n    out = torch.zeros_like(a)\n"
    "    threading.Timer(0.05, lambda: out.copy_(chain(a))).start()\n    return out\n"
)
ODD = {
    "a graph a call": """
graph, still, out = torch.cuda.CUDAGraph(), None, None

def power(a):
    global still, out
    if still is None:
        still = a.clone()
        for _ in range(2):
            chain(still)
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            out = chain(still)
    still.copy_(a)
    graph.replay()
    return out.clone()
""",
    "a side stream that joins": """
side = torch.cuda.Stream()

def power(a):
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        out = chain(a)
    torch.cuda.current_stream().wait_stream(side)
    return out
""",
    "a default device": "\ntorch.set_default_device('cuda')\n\ndef power(a):\n    return chain(a)\n",
    "another layout": "\ndef power(a):\n    return chain(a).T.contiguous().T\n",
}


@pytest.fixture(scope="module")
def wall():
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
        row = a[:1]
        for _ in range(PRODUCTS):
            row = row @ a
        assert (out[:1] - row).norm() <= 0.05 * row.norm(), "a to that power"

    return race.Event(
        name="power",
        inputs=lambda: (torch.randn(SIDE, SIDE, generator=rng) / SIDE**0.5,),
        check=check,
        limits=Limits(seconds=30.0),
        device="cuda",
    )


def ratio(wall, event, fast, slow):
    """The race's ratio with its 99.9 % interval, and its times."""
    times = race.run(wall, {"fast": fast, "slow": slow}, event, enough=lambda _: True, draw=random.Random(0))
    return stats.combine(times.logs("fast", "slow"), confidence=0.999), times


def test_the_same_code_on_both_sides_comes_to_one(wall, entrant, event):
    found, times = ratio(wall, event, entrant(HONEST, "a"), entrant(HONEST, "b"))
    assert min(stats.per_call(times.turns, "fast")) >= 50e-6
    assert found.value == pytest.approx(1, abs=0.02)
    assert found.low <= 1 <= found.high
    assert times.checked >= 16


def test_twice_the_work_is_half_the_speed(wall, entrant, event):
    found, _ = ratio(wall, event, entrant(HONEST, "once"), entrant(TWICE, "twice"))
    assert found.value == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("patch", ["", PATCHED], ids=["as it is", "with what waits replaced"])
def test_work_that_is_not_waited_for_is_charged(wall, entrant, event, patch):
    found, _ = ratio(wall, event, entrant(UNJOINED + patch, "hasty"), entrant(HONEST, "honest"))
    assert found.value < 1.05


def test_a_worker_that_computes_only_when_it_is_asked_is_charged(wall, entrant, event):
    found, _ = ratio(wall, event, entrant(LAZY, "lazy"), entrant(HONEST, "honest"))
    assert found.value < 1.1


@pytest.mark.parametrize("source", [AT_THE_COPY, LATER], ids=["when it is copied", "in a thread"])
def test_what_is_computed_later_is_wrong(wall, entrant, event, source):
    with pytest.raises(AssertionError, match="a to that power"):
        race.run(wall, {"solution": entrant(source)}, event, enough=lambda _: True)


@pytest.mark.parametrize("name", ODD)
def test_honest_code_that_looks_odd_is_right_and_as_fast(wall, entrant, event, name):
    found, _ = ratio(wall, event, entrant(HEAD + ODD[name], "odd"), entrant(HONEST, "honest"))
    assert math.exp(-0.1) < found.value < math.exp(0.1)


def test_the_control_is_no_matter_of_copying(wall):
    found = control.run(wall, seconds=2.0, device="cuda")
    assert found.low <= 1.01
    assert found.high >= 0.99


def test_the_driver_tells_its_clock():
    pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    reading = gpu.read()
    assert reading is not None
    assert reading.mhz > 0
