"""A race on an accelerator, on a stand-in for one: copies and kernels in order, waiting, fetching, and what is charged.

What only hardware can show is in ``test_cuda_race.py``.
"""

import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from ptassess.errors import NotAssessed
from ptassess.measure import gpu, pace, race, stats
from ptassess.measure.stats import Turn
from ptassess.measure.times import Times
from ptassess.races import device_evidence
from ptassess.sandbox import Limits, devices
from ptassess.sandbox.contestant import Contestant
from ptassess.sandbox.wall import ProcessWall

STAND_IN = str(Path(__file__).with_name("stand_in.py"))
KERNEL = 2e-3  # seconds
ARGS = (torch.zeros(1000),)
HEAD = f"""
import sys, threading, time
import torch

device = sys.modules["stand_in"]

def kernel(a, stream="main"):
    out = torch.zeros_like(a)
    device.launch(out, lambda: 2 * a, seconds={KERNEL}, stream=stream)
    return out
"""
CHECK = """
import pytest
import torch


@pytest.mark.task("double")
def test_doubles_fast(race):
    \"\"\"It needs no loop.\"\"\"
    race("double", inputs=lambda: (torch.ones(3),), check=lambda *_: None, at_least=2, device="{device}")
"""
HONEST = HEAD + "\ndef double(a):\n    out = kernel(a)\n    device.synchronise()\n    return out\n"
UNJOINED = HEAD + "\ndef double(a):\n    return kernel(a, stream='side')\n"
PATCHED = """
torch.cuda.synchronize = lambda *_: None
torch.cuda.Event = torch.cuda.Stream = object
torch.cuda.current_stream = lambda *_: None
device.synchronise = lambda: None

from ptassess.sandbox.devices import Device
Device.synchronise = Device.to_host = Device.to_device = staticmethod(lambda *_: None)
"""
LAZY = (
    HEAD
    + """
from ptassess.sandbox import laps

empty = torch.zeros(1000)

def call(self, args):
    self.asked = args
    return empty if self._told else compute(self)  # the first result is sent as it is

def compute(self):
    out = kernel(*self._device.to_device(self.asked))
    device.synchronise()
    return out

def fetch(self):
    self._fetched = self._device.to_host(compute(self))
    return self._fetched

laps.DeviceLaps._call, laps.DeviceLaps._fetch = call, fetch

def double(a):
    return 2 * a
"""
)


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    """Pairs as short as the bounds below allow."""
    monkeypatch.setattr(pace, "ACCELERATOR", replace(pace.ACCELERATOR, pair=0.5, ramp=0.1))


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
        assert torch.equal(out, 2 * a), "twice a"

    return race.Event(
        name="double",
        inputs=lambda: (torch.randn(1000, generator=rng),),
        check=check,
        limits=Limits(seconds=5.0),
        device=STAND_IN,
    )


@pytest.fixture
def contestant(wall, entrant):
    """One worker on the stand-in."""
    opened = []

    def make(source, device=STAND_IN):
        opened.append(
            wall.contestant(
                entrant(source).path,
                limits=Limits(),
                shown_as="solution.py",
                name="double",
                args=ARGS,
                device=device,
            )
        )
        return opened[-1]

    yield make
    for contestant in opened:
        contestant.close()


def short(wall, entrants, event, seed=0):
    """As many pairs as there are in any case."""
    return race.run(wall, entrants, event, enough=lambda _: True, draw=random.Random(seed))


def is_charged(times, name):
    """Whether each turn was one call and took at least as long as its kernel: no bound that neighbours could break."""
    turns = [turn for pair in times.turns[name] for turn in pair if turn is not None]
    return {turn.calls for turn in turns} == {1} and min(turn.seconds for turn in turns) >= KERNEL


def test_copies_are_taken_out_of_both_sides_and_their_share_is_known(wall, entrant, event):
    times = short(wall, {"a": entrant(HONEST, "a"), "b": entrant(HONEST, "b")}, event)
    assert len(times.turns["a"]) == pace.ACCELERATOR.looks[0]
    assert times.checked >= 16
    assert is_charged(times, "a")
    assert times.idle_share("a") > 0
    assert times.idle_share("b") > 0


@pytest.mark.parametrize("patch", ["", PATCHED], ids=["as it is", "with what waits replaced"])
def test_work_that_is_not_waited_for_is_charged(wall, entrant, event, patch):
    times = short(wall, {"honest": entrant(HONEST, "honest"), "hasty": entrant(UNJOINED + patch, "hasty")}, event)
    assert is_charged(times, "hasty")


def test_results_on_a_stream_that_nothing_joins_are_wrong(wall, entrant, event):
    source = HEAD + "\ndef double(a):\n    return kernel(a, stream=device.ELSEWHERE)\n"
    with pytest.raises(AssertionError, match="twice a"):
        short(wall, {"solution": entrant(source)}, event)


def test_a_thread_that_asks_later_is_too_late(wall, entrant, event):
    source = HEAD + (
        "\ndef double(a):\n    out = torch.zeros_like(a)\n"
        "    threading.Timer(0.03, lambda: torch.mul(a, 2, out=out)).start()\n    return out\n"
    )
    with pytest.raises(AssertionError, match="twice a"):
        short(wall, {"solution": entrant(source)}, event)


def test_a_worker_that_computes_only_when_it_is_asked_is_charged(wall, entrant, event):
    times = short(wall, {"honest": entrant(HONEST, "honest"), "lazy": entrant(LAZY, "lazy")}, event)
    assert is_charged(times, "lazy")


@pytest.mark.parametrize("what", ["flush", "synchronise"])
def test_each_call_has_a_flushed_cache_and_is_waited_for(contestant, what):
    counting = HEAD + f"\ndef double(a):\n    return torch.full((3,), device.counts['{what}'])\n"
    one = contestant(counting)
    first, second = (one.turn([ARGS] * calls, apart=True, look=True).result.tolist() for calls in (1, 4))
    assert second[0] - first[0] == 4


def test_every_call_has_inputs_of_its_own(contestant):
    one = contestant(HONEST)
    for value in range(4):
        calls = [(torch.full((1000,), float(i)),) for i in range(value + 1)]
        assert one.turn(calls, apart=True, look=True).result[0] == 2 * value


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("{'out': (a.view(10, 100) + 1).T}", (torch.ones(100, 10))),
        ("{'out': 3.5}", 3.5),
        ("{'out': torch.nn.Parameter(a + 1)}", torch.ones(1000)),
    ],
)
def test_results_of_other_kinds_cross_too(contestant, returned, expected):
    one = contestant(HEAD + f"\ndef double(a):\n    return {returned}\n")
    for _ in range(2):  # the first time a result is told in full
        out = one.turn([ARGS], apart=True, look=True).result["out"]
        assert torch.equal(torch.as_tensor(out), torch.as_tensor(expected))


def test_a_workspace_that_is_used_again_is_right(wall, entrant, event):
    source = HEAD + "\nout = torch.empty(1000)\n\ndef double(a):\n    return torch.mul(a, 2, out=out)\n"
    times = short(wall, {"solution": entrant(source)}, event)
    assert {turn.calls for pair in times.turns["solution"] for turn in pair} == {1}
    assert times.checked >= 16


def test_a_device_that_does_not_open_is_nobodys_fault(wall, entrant, event, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("def open_device():\n    raise RuntimeError('no')\n")
    there = race.Event(name="double", inputs=event.inputs, check=event.check, limits=event.limits, device=str(broken))
    with pytest.raises(NotAssessed, match="a fresh process cannot use the device"):
        short(wall, {"solution": entrant(HONEST)}, there)


def test_on_the_cpu_nothing_of_all_this_takes_part(contestant):
    one = contestant("def double(a):\n    return 2 * a\n", device="cpu")
    assert type(one) is Contestant
    assert one.turn([ARGS] * 2, look=True).result.shape == (1000,)


def test_copies_go_past_modes_of_torchs_and_past_methods_that_were_replaced(monkeypatch):
    seen = []

    class Functions(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            seen.append(function)
            return function(*args, **(kwargs or {}))

    class Operations(TorchDispatchMode):
        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            seen.append(operation)
            return operation(*args, **(kwargs or {}))

    device = devices.held(torch.device("cpu"), 64, lambda: None)
    value = [torch.arange(6.0).reshape(2, 3).T, {"mask": (None, torch.ones(2))}, 3]
    for name in ("to", "cpu", "contiguous", "zero_"):
        monkeypatch.setattr(torch.Tensor, name, lambda *_: torch.zeros(()))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *_: None)
    with Functions(), Operations():
        device.flush()
        out = device.to_host(device.to_device(value))
    assert seen == []
    assert torch.equal(out[0], value[0])
    assert out[0].is_contiguous()
    assert out[1]["mask"][1].tolist() == [1, 1]
    assert out[2] == 3


class TestTheDriver:
    """NVML, by a stand-in for its package."""

    @pytest.fixture
    def nvml(self, monkeypatch):
        fake = SimpleNamespace(
            NVMLError=type("NVMLError", (Exception,), {}),
            NVML_CLOCK_SM=1,
            bits=0x01 | 0x04 | 0x40,  # idle, power cap, temperature
            nvmlInit=lambda: None,
            nvmlDeviceGetHandleByIndex=lambda index: ("index", index),
            nvmlDeviceGetHandleByUUID=lambda uuid: ("uuid", uuid),
            nvmlDeviceGetClockInfo=lambda _handle, _kind: 1410,
        )
        fake.nvmlDeviceGetCurrentClocksEventReasons = lambda _handle: fake.bits
        monkeypatch.setitem(sys.modules, "pynvml", fake)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        gpu._open.cache_clear()
        yield fake
        gpu._open.cache_clear()

    def test_says_what_holds_the_clock_down(self, nvml):
        assert gpu.read() == gpu.Reading(mhz=1410, throttled=("power cap", "temperature, by hardware"))
        nvml.bits = 0x01  # idle between two races
        assert gpu.read().throttled == ()

    @pytest.mark.usefixtures("nvml")
    def test_is_asked_for_the_device_that_workers_see(self, monkeypatch):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
        assert gpu._open()[1] == ("index", 2)
        gpu._open.cache_clear()
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-8f6b")
        assert gpu._open()[1] == ("uuid", "GPU-8f6b")

    def test_an_older_one_has_another_name_for_it(self, nvml):
        nvml.nvmlDeviceGetCurrentClocksThrottleReasons = nvml.__dict__.pop("nvmlDeviceGetCurrentClocksEventReasons")
        assert gpu.read().throttled

    def test_that_is_not_there_or_does_not_answer_says_nothing(self, nvml, monkeypatch):
        def refuse(*_):
            raise nvml.NVMLError

        nvml.nvmlDeviceGetClockInfo = refuse
        assert gpu.read() is None
        nvml.nvmlInit = refuse
        gpu._open.cache_clear()
        assert gpu.read() is None
        monkeypatch.setitem(sys.modules, "pynvml", None)  # cannot be imported
        gpu._open.cache_clear()
        assert gpu.read() is None

    @pytest.mark.usefixtures("nvml")
    def test_is_read_before_and_after_each_pair_and_no_turn_is_left_out(self, wall, entrant, event):
        times = short(wall, {"solution": entrant(HONEST)}, event)
        assert times.notes == ["throttled: power cap", "throttled: temperature, by hardware"]
        assert times.clocks == [1410] * 2 * pace.ACCELERATOR.looks[0]
        assert all(len(pair) > 1 and all(pair) for pair in times.turns["solution"])


def test_warming_up_ends_when_three_steps_agree():
    assert not pace.is_steady([1.0, 1.0])
    assert not pace.is_steady([1.0, 1.005, 1.02])
    assert pace.is_steady([3.0, 2.0, 1.0, 1.005, 1.009])


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("mps", "speed is not measured on mps; races run on cpu and on cuda"),
        pytest.param(
            "cuda",
            "no cuda device on this machine",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is one"),
        ),
    ],
)
def test_a_check_that_asks_for_a_device_that_is_not_here_is_not_assessed_in_one_line(tmp_path, device, said):
    home = shutil.copytree(Path(__file__).parent / "packs" / "double", tmp_path / "pack" / "double")
    (home / "baseline.py").write_text("def double(x):\n    return x + x\n")
    (home / "test_double.py").write_text(CHECK.format(device=device))
    (tmp_path / "ada" / "solutions").mkdir(parents=True)
    (tmp_path / "ada" / "solutions" / "double.py").write_text("def double(x):\n    return 2 * x\n")
    command = [sys.executable, "-m", "pytest", str(home), "--import-mode=importlib", "-p", "no:cacheprovider"]
    command += ["--submission", str(tmp_path / "ada"), "--run-file", str(tmp_path / "run.json")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    checks = {check["check"]: check for check in json.loads((tmp_path / "run.json").read_text())["checks"]}
    check = checks["test_doubles_fast"]
    assert (check["outcome"], check["message"]) == ("not assessed", said), done.stdout


def test_a_share_of_copies_that_is_too_large_is_told_with_its_remedy():
    turns = {name: [[Turn(calls=1, seconds=1.0, idle=idle)]] for name, idle in (("solution", 0.4), ("baseline", 0.1))}
    times = Times(turns=turns, notes=["throttled: power cap"], clocks=[1000, 1400, 1300])
    evidence = device_evidence(times)
    assert evidence["share of copying and waiting"] == {"solution": 0.4, "baseline": 0.1}
    assert evidence["clock of the accelerator, MHz"] == [1000, 1400]
    throttled, copies = evidence["notes"]
    assert throttled == "throttled: power cap"
    assert copies == "40% of the solution's blocks is copying and waiting: grow the shape, until it is 20%"
    assert stats.idle_share(turns["solution"][0]) == 0.4
