"""The statistics of a race: right on simulated times, and honest where they cannot tell."""

import math
import random

import pytest

from ptassess.measure import stats
from ptassess.measure.stats import Turn


def turns(draw, call, *, calls=10, overhead=100e-6, noise=0.02):
    """Turns of a contestant whose calls take so many seconds, with noise and now and then a hiccup."""
    found = []
    for _ in range(12):
        seconds = (overhead + calls * call) * math.exp(draw.gauss(0, noise))
        if draw.random() < 0.05:
            seconds += 4e-3  # somebody else had the core
        found.append(Turn(calls=calls, seconds=seconds, idle=overhead * math.exp(draw.gauss(0, noise))))
    return found


def test_overhead_that_both_have_is_taken_out():
    fast = [Turn(calls=10, seconds=100e-6 + 10 * 20e-6, idle=100e-6)] * 5
    slow = [Turn(calls=4, seconds=100e-6 + 4 * 60e-6, idle=100e-6)] * 5
    assert math.exp(stats.pair_ratio(fast, slow)) == pytest.approx(3)


def test_rounds_that_one_side_did_not_run_do_not_count():
    fast = [Turn(calls=1, seconds=1.0, idle=0.0)] * 3
    slow = [None, Turn(calls=1, seconds=2.0, idle=0.0), None]
    assert math.exp(stats.pair_ratio(fast, slow)) == pytest.approx(2)
    assert stats.pair_ratio(fast, [None] * 3) is None


def test_a_contestant_that_takes_no_time_has_no_ratio():
    idle = [Turn(calls=1, seconds=100e-6, idle=100e-6)] * 3
    assert stats.pair_ratio(idle, [Turn(calls=1, seconds=1.0, idle=100e-6)] * 3) is None


def test_one_pair_tells_nothing_of_its_own_uncertainty():
    ratio = stats.combine([0.1])
    assert (ratio.low, ratio.high) == (0, math.inf)
    assert stats.verdict(ratio, 1.0) == "inconclusive"


def test_the_interval_has_the_coverage_that_it_claims():
    draw = random.Random(1)
    races = 2000
    for claimed in (stats.SHOWN, stats.DECIDES):
        hits = 0
        for _ in range(races):
            logs = [0.3 + draw.gauss(0, 0.02) for _ in range(8)]
            ratio = stats.combine(logs, confidence=claimed)
            hits += ratio.low <= math.exp(0.3) <= ratio.high
        # Three standard errors of a binomial share.
        assert abs(hits / races - claimed) < 3 * math.sqrt(claimed * (1 - claimed) / races)


def test_a_race_of_simulated_turns_finds_the_ratio_between_processes_that_differ():
    draw = random.Random(2)
    logs = []
    for _ in range(12):
        lucky, unlucky = (math.exp(draw.gauss(0, 0.01)) for _ in range(2))  # where their memory lies
        logs.append(stats.pair_ratio(turns(draw, 50e-6 * lucky), turns(draw, 75e-6 * unlucky)))
    ratio = stats.combine(logs)
    assert ratio.low <= 1.5 <= ratio.high
    assert ratio.half_width < 0.03


def test_a_control_that_is_off_widens_the_interval_in_quadrature():
    logs = [0.0, 0.01, -0.01, 0.005]
    plain, widened = stats.combine(logs), stats.combine(logs, control=0.05)
    half = math.log(plain.high / plain.value)
    assert math.log(widened.high / widened.value) == pytest.approx(math.hypot(half, 0.05))
    assert widened.value == plain.value


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(1.1, 1.2, "pass"), (1.0, 1.04, "fail"), (1.0, 1.1, "inconclusive")]
)
def test_a_threshold_is_decided_only_if_the_interval_clears_it(low, high, expected):
    ratio = stats.Ratio(value=math.sqrt(low * high), low=low, high=high, spread=0.01, pairs=8)
    assert stats.verdict(ratio, 1.05) == expected


def test_a_gate_above_the_truth_is_passed_by_at_most_one_in_a_thousand():
    draw = random.Random(3)
    passed = 0
    for _ in range(4000):
        spread = draw.choice([0.005, 0.02, 0.08])  # an idle machine, a busy one, a hopeless one
        logs = [draw.gauss(0, spread) for _ in range(6)]
        passed += stats.verdict(stats.combine(logs, confidence=stats.DECIDES), 1.05) == "pass"
    assert passed <= 4


def test_an_interval_of_wild_pairs_has_no_end_instead_of_an_error():
    ratio = stats.combine([0.0, 2_000.0], confidence=stats.DECIDES)
    assert ratio.low == 0
    assert ratio.high == math.inf
    assert stats.verdict(ratio, 2.0) == "inconclusive"
