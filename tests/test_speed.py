"""What a speed is worth: pure functions, on drawn times."""

import math
import random

import pytest

from ptassess.measure import speed, stats
from ptassess.measure.stats import Turn
from ptassess.measure.times import Times


def pairs(solution, reference, noise=0.0, count=8, seed=0):
    """Log-ratios to the baseline of that many pairs, with independent noise on each side and a shared one."""
    draw = random.Random(seed)
    shared = [draw.gauss(0, noise) for _ in range(count)]
    return [
        (math.log(solution) + s + draw.gauss(0, noise), math.log(reference) + s + draw.gauss(0, noise)) for s in shared
    ]


def times(noise, seed=0, count=8, **speeds):
    """A race in which each contestant is that many times as fast as one call a second."""
    draw = random.Random(seed)
    turns = {
        name: [
            [Turn(calls=1, seconds=math.exp(draw.gauss(0, noise)) / pace, idle=0.0) for _ in range(12)]
            for _ in range(count)
        ]
        for name, pace in speeds.items()
    }
    return Times(turns=turns)


@pytest.mark.parametrize(
    ("solution", "reference", "worth"),
    [(1, 10, 0.0), (0.5, 10, 0.0), (9, 10, 1.0), (20, 10, 1.0), (3, 10, 0.5), (5, 1.4, None)],
)
def test_credit_is_relative_to_the_references_pace(solution, reference, worth):
    found = speed.credit(pairs(solution, reference))
    assert (found and found.value) == (worth and pytest.approx(worth))


def test_a_noisy_credit_says_how_noisy_it_is_and_noise_beyond_full_credit_does_not_matter():
    noisy = speed.credit(pairs(3, 10, noise=0.2))
    assert noisy.low < 0.5 < noisy.high
    assert not noisy.is_precise
    assert speed.credit(pairs(3, 10, noise=0.005)).is_precise
    assert speed.credit(pairs(40, 10, noise=0.2)) == speed.Credit(value=1.0, low=1.0, high=1.0)


def test_the_interval_of_a_credit_contains_the_true_one():
    true = math.log(3) / math.log(9)
    inside = 0
    for seed in range(400):
        found = speed.credit(pairs(3, 10, noise=0.02, seed=seed))
        inside += found.low <= true <= found.high
    assert inside >= 367  # 95 % of 400 are 380; below 367 lies less than one per mille of the binomial


def test_a_race_without_a_reference_has_a_verdict_and_no_credit():
    found = speed.judge(times(0.01, solution=8, baseline=1), 5.0)
    assert (found.verdict, found.credit, found.reference) == ("pass", None, None)
    assert found.is_decided
    assert found.can_be_graded


def test_a_noisy_race_at_the_threshold_is_not_decided():
    found = speed.judge(times(0.3, solution=5.1, baseline=1, reference=10), 5.0)
    assert found.verdict == "inconclusive"
    assert not found.is_decided


def test_too_slow_is_decided_whatever_the_credit():
    found = speed.judge(times(0.2, solution=2, baseline=1, reference=10), 5.0)
    assert found.verdict == "fail"
    assert found.is_decided


def test_a_reference_that_is_hardly_faster_grades_nobody():
    found = speed.judge(times(0.01, solution=8, baseline=1, reference=1.2), 1.1)
    assert not found.can_be_graded


def test_the_control_widens_what_decides():
    quiet, off = (speed.judge(times(0.001, solution=5.3, baseline=1), 5.0, control=c) for c in (0.0, 0.1))
    assert quiet.verdict == "pass"
    assert off.verdict == "inconclusive"
    assert off.ratio.low < quiet.ratio.low


def test_the_reference_against_itself_has_full_credit_at_the_noise_of_a_busy_machine():
    """200 simulated races, with 10 % noise of a turn: what two busy neighbours do."""
    for seed in range(200):
        found = speed.judge(times(0.1, seed=seed, solution=10, baseline=1, reference=10), 2.0)
        assert found.credit.value == pytest.approx(1.0, abs=1e-12), seed


def test_calls_that_take_no_time_have_no_speed():
    idle = [[Turn(calls=1, seconds=1e-4, idle=1e-4)] * 4] * 6
    assert speed.judge(Times(turns={"solution": idle, "baseline": idle}), 2.0) is None
    assert stats.LEAST_RANGE > 1


def uneven(paces, noise=0.01, reference=10.0):
    """A race of a solution that has one of these paces in each pair, beside contestants that are steady."""
    found = times(noise, count=len(paces), solution=1, baseline=1, reference=reference)
    turns = [
        [Turn(calls=1, seconds=turn.seconds / pace, idle=0.0) for turn in rounds]
        for rounds, pace in zip(found.turns["solution"], paces, strict=True)
    ]
    return Times(turns=found.turns | {"solution": turns})


def test_noise_of_its_own_is_no_excuse_where_it_is_too_slow_in_every_pair():
    found = speed.judge(uneven([1, 1, 1, 1, 1, 0.002]), 2.0)
    assert found.verdict == "inconclusive"
    assert found.is_hopeless
    assert not speed.judge(uneven([1, 1, 1, 0.002, 2.1, 1]), 2.0).is_hopeless
    assert not speed.judge(uneven([1, 1, 1, 1, 0.002]), 2.0).is_hopeless  # chance has it once in 32 times


def test_a_pace_of_its_own_in_each_process_is_seen():
    assert speed.judge(uneven([3, 3, 3, 8, 8, 3, 3, 8]), 2.0).is_unsteady
    assert not speed.judge(uneven([3.003, 3, 3, 3.003, 3, 3, 3.003, 3]), 2.0).is_unsteady
    wrong = sum(
        speed.judge(times(0.1, seed=seed, count=6, solution=3, baseline=1, reference=10), 2.0).is_unsteady
        for seed in range(1000)
    )
    assert wrong <= 6  # one is expected
