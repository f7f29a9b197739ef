"""Submissions that cheat the clock or the answer: each is refused, or credited with no more than honest work is.

A file in `attacks/clock/` says in its first lines what it does, what becomes of it (`verdict`: refused, no faster, or
one of both), whether it would fool a naive timer (`control`), whether it could gain (`streams`) where calls follow one
another without standing still between them, and how much of the worker's own work around a call it leaves out
(`saves`): nothing beside a call of some milliseconds.
"""

import json
import math
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from ptassess.errors import Inconclusive, SolutionError
from ptassess.measure import race, stats, times
from ptassess.sandbox import Limits, contestant, processes
from ptassess.sandbox.levels import PROCESS

HERE = Path(__file__).parent / "attacks" / "clock"
ATTACKS = sorted(path for path in HERE.glob("*.py") if path.stem != "naive")
HONEST = "def solve(a):\n    return a @ a\n"
SIDE = 160
"""Calls of 0.15 ms here: the judge looks in less than half of that, on a busy machine too. Of 96 × 96 every third look
came late, and beside three busy processes every second one."""
MOST = 1.02
"""Credited speed-up that measuring noise may leave: the lower end of the interval that decides."""


def header(path, key):
    lines = (line for line in path.read_text().splitlines() if line.startswith(f"# {key}: "))
    return next(lines, "").partition(": ")[2]


def cases():
    for path in ATTACKS:
        yield pytest.param(path, race.MOST_WRITING, id=path.stem)
        if header(path, "streams"):
            yield pytest.param(path, math.inf, id=f"{path.stem}, streaming")


@pytest.fixture(scope="module")
def wall():
    wall = PROCESS.open([])  # the weakest: what these do with files and cores the stronger ones deny
    yield wall
    wall.close()


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    path = tmp_path_factory.mktemp("honest") / "honest.py"
    path.write_text(HONEST)
    return race.Entrant(path=path, shown_as="honest.py", trusted=True)


@pytest.fixture
def event(monkeypatch):
    monkeypatch.setattr(race, "PAIR_SECONDS", 0.06)
    monkeypatch.setattr(race, "_LEAST_CHECKED", 10_000)  # so short a race looks at every result
    rng = torch.Generator()
    rng.seed()  # who guesses it knows the inputs

    def check(out, a):
        assert isinstance(out, torch.Tensor), "a tensor"
        # Float64 rounding of 160 products is below 1e-12; float32's is 1e-6.
        assert torch.allclose(out, a @ a, rtol=1e-10, atol=1e-10), "a times a"

    def inputs():
        return (torch.rand(SIDE, SIDE, generator=rng, dtype=torch.float64),)

    return race.Event(name="solve", inputs=inputs, check=check, limits=Limits(seconds=10.0))


def speed_up(wall, honest, event, path):
    """What a solution is credited with beside an honest one, and seconds per call of that.

    Or `refused`; or `late`, if too many results were looked at too late for a verdict.
    """
    entrants = {"solution": race.Entrant(path=path, shown_as=path.name), "honest": honest}
    try:
        found = race.run(wall, entrants, event, enough=lambda _: True, draw=random.Random(7))
        found.refuse_if_late()
    except (AssertionError, SolutionError):
        return "refused"
    except Inconclusive:
        return "late"
    logs = found.logs("solution", "honest")
    assert logs
    per_call = statistics.median(stats.per_call(found.turns, "honest"))
    return stats.combine(logs, confidence=stats.DECIDES), per_call


@pytest.mark.parametrize(("attack", "writing"), [*cases()])
def test_a_cheat_is_refused_or_credited_with_no_more_than_honest_work(  # noqa: PLR0913, PLR0917  fixtures, parameters
    wall, honest, event, monkeypatch, attack, writing
):
    monkeypatch.setattr(race, "MOST_WRITING", writing)
    found = speed_up(wall, honest, event, attack)
    verdicts = header(attack, "verdict").split(" or ")
    if isinstance(found, str):
        assert found in verdicts
    else:
        assert "no faster" in verdicts, found
        ratio, per_call = found
        saved = 1e-6 * float(header(attack, "saves").removesuffix(" µs") or 0)
        assert ratio.low <= MOST * per_call / (per_call - saved), found


def test_a_look_that_comes_late_is_none(wall, honest, event, monkeypatch):
    read = contestant.Spots.read

    def late(self, pid, places):
        """Comes when the worker has computed for 10 ms and more since, however long a busy machine takes for that.

        What another process has computed is known up to the kernel's last tick, of 10 ms at most.
        """
        (began,) = processes.cpu_seconds([pid]).values()
        until = time.perf_counter() + 10.0
        while sum(processes.cpu_seconds([pid]).values()) < began + 20e-3:  # sleeping lets clocks fall
            assert time.perf_counter() < until, "the worker waits for its next order by asking"
        return read(self, pid, places)

    monkeypatch.setattr(contestant.Spots, "read", late)
    monkeypatch.setattr(race, "MOST_WRITING", math.inf)
    cheat = HERE / "computes_if_no_order_comes.py"
    assert speed_up(wall, honest, event, cheat) == "refused"  # the judge's own memory can be read as soon as ever
    monkeypatch.setattr(times, "HELD_UP", math.inf)
    assert speed_up(wall, honest, event, cheat) == "late"
    monkeypatch.setattr(times, "LEAST_PUNCTUAL", 0.0)
    assert not isinstance(speed_up(wall, honest, event, cheat), str)  # every result was right when it was looked at


def test_the_measure_is_a_measure(wall, honest, event, tmp_path):
    """Less work is credited, on a busy machine too: an attack that succeeded would be seen."""
    slow = tmp_path / "slow.py"
    slow.write_text("def solve(a):\n    for _ in range(30):\n        out = a @ a\n    return out\n")
    more = race.Entrant(path=slow, shown_as="slow.py", trusted=True)
    assert speed_up(wall, more, event, honest.path)[0].low > MOST


def test_the_cheats_fool_a_naive_timer(tmp_path):
    fooling = [attack for attack in ATTACKS if header(attack, "control") == "faster"]
    out = tmp_path / "out.json"
    subprocess.run([sys.executable, str(HERE / "naive.py"), str(out), *map(str, fooling)], check=True, timeout=300)
    found = json.loads(out.read_text())
    assert len(fooling) >= 10
    for attack in fooling:
        assert found[attack.name][0] > 1.2, (attack.name, found[attack.name])


def test_there_is_a_cheat_of_every_kind():
    assert len(ATTACKS) >= 35
