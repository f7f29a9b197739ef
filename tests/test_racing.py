"""The fixture `race` for a user's own suite: what passes, fails and is inconclusive; nobody notices who did not ask."""

import math
import random
import time

import numpy as np
import pytest

from ptassess.measure import blocks, revisions, stats, trusted

pytest_plugins = ["pytester"]

WORK = """
def work(units):
    total = 0
    for i in range(20 * units):
        total ^= i
    return total
"""


def work(units):
    total = 0
    for i in range(20 * units):
        total ^= i
    return total


@pytest.fixture
def run(pytester, monkeypatch):
    """Run a test file in a project of its own, with the plugin unless it is not wanted."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "")

    def run(body, *options, plugin=True):
        pytester.makepyfile(test_it=WORK + body)
        asked = ("-p", "ptassess.racing") if plugin else ()
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rs", *asked, *options)

    return run


def test_the_same_code_on_both_sides_has_one_inside_its_interval():
    # 99.9 %: eight chunks or more, once in a thousand runs of this test; 1 %: what the layout of memory may make
    raced = trusted.race(lambda: work(20), lambda: work(20), seconds=2.0, draw=random.Random(0))
    told = raced.at(0.999)
    assert told.low <= 1.01
    assert told.high >= 0.99
    assert told.pairs >= trusted.LEAST_CHUNKS


def test_twice_the_work_is_half_the_speed():
    raced = trusted.race(lambda: work(20), lambda: (work(20), work(20)), seconds=2.0)
    told = raced.at(0.999)
    assert told.low <= 2.05
    assert told.high >= 1.95
    assert raced.low < raced.ratio < raced.high
    assert (raced.verdict(1.2), raced.verdict(3.0)) == ("pass", "fail")
    assert 0 < raced.new_seconds < raced.old_seconds


def test_who_waits_is_timed_by_the_clock_not_by_the_core():
    raced = trusted.race(lambda: time.sleep(0.001), lambda: time.sleep(0.002), at_least=1.2, seconds=2.0)
    assert raced.verdict(1.2) == "pass"


def test_a_block_has_neither_collector_nor_tracer_and_leaves_both_as_they_were():
    import gc
    import sys

    seen = []
    before = sys.gettrace()
    blocks.Stopwatch().block(lambda: seen.append((gc.isenabled(), sys.gettrace())), 1)
    assert seen == [(False, None)]
    assert gc.isenabled()
    assert sys.gettrace() is before


def test_sides_that_are_alike_have_blocks_of_as_many_calls():
    assert len(set(trusted.Plan({"new": 1e-6, "old": 1.9e-6}).calls.values())) == 1
    far = trusted.Plan({"new": 1e-6, "old": 1e-3}).calls
    assert far["new"] * 1e-6 == pytest.approx(far["old"] * 1e-3, rel=0.01)


def test_faster_passes_slower_fails_with_one_sentence_and_both_are_shown(run):
    result = run("""
def test_fast(race):
    assert race(lambda: work(20), against=lambda: work(40), at_least=1.2).ratio > 1

def test_slow(race):
    race(lambda: work(40), against=lambda: work(20), at_least=0.98)
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines([r"too slow: new is 0\.\d+ times as fast as old \(99 % interval .* to .*\)"])
    result.stdout.re_match_lines([r"=+ races =+", r"test_it.py::test_fast: [12]\.\d\d\d times as fast \(95 % interval"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_stays_undecided_is_skipped_as_inconclusive_with_the_precision(run):
    result = run("""
import random
from ptassess.measure import stats

def test_noise(race, monkeypatch):
    monkeypatch.setattr(stats, "DECIDES", 1 - 1e-9)  # at 99 % it would be decided once in a hundred times
    draw = random.Random(0)
    new, old = (lambda: work(draw.randrange(1, 400))), (lambda: work(draw.randrange(1, 400)))
    race(new, against=old, at_least=1.0, seconds=0.1)
""")
    result.assert_outcomes(skipped=1)
    result.stdout.re_match_lines([r"SKIPPED.*inconclusive: new is .* precise to \d+\.\d% after"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("race(work(1), against=work)", "race: new cannot be called, it is of type int; write lambda: in front of it"),
        ("race(work, against=work, at_least=0)", "race: at_least=0; it is a number above 0"),
    ],
)
def test_an_argument_that_cannot_be_used_gets_a_line(run, call, said):
    result = run(f"\ndef test_it(race):\n    {call}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{said}"])


def test_what_a_callable_raises_is_what_the_test_shows(run):
    result = run("\ndef test_it(race):\n    race(lambda: 1 / 0, against=lambda: 1)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_under_xdist_a_fixture_asked_for_late_does_not_wait_for_its_own_lock(run):
    late = """
def test_it(request):
    race = request.getfixturevalue("race")
    race(lambda: work(20), against=lambda: work(40), at_least=1.2)
"""
    result = run(late, "-n1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*races*", "*test_it.py::test_it: *"])


def test_a_project_that_did_not_ask_has_no_such_fixture(run):
    result = run("\ndef test_it(race):\n    pass\n", plugin=False)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'race' not found*"])


def test_the_intervals_that_are_shown_and_that_decide_are_those_of_stats():
    raced = trusted.race(lambda: work(20), lambda: work(20), at_least=0.5, seconds=1.0)
    assert (raced.low, raced.high) == (raced.at(stats.SHOWN).low, raced.at(stats.SHOWN).high)
    assert raced.at(stats.DECIDES).low < raced.low


def test_a_race_is_looked_at_ever_more_seldom_and_early_looks_err_a_tenth_as_often():
    assert [count for count in range(100) if trusted.is_look(count, 6)] == [6, 9, 13, 19, 28, 42, 63, 94]
    assert trusted.early(0.99) == pytest.approx(0.999)


def test_an_early_look_does_not_decide_what_the_last_one_would():
    spread, at_margin = 0.01, math.log(1 / 1.02)
    logs = [
        at_margin - 2.2 * spread + sign * spread * (5 / 6) ** 0.5 for sign in (1, -1) * 3
    ]  # 99 % end at 1.6 spreads
    assert revisions.judge(stats.combine(logs, confidence=stats.DECIDES), 0.02) == "slower"
    assert not revisions.is_decided(logs, 0.02, stats.DECIDES)
    assert revisions.is_decided([log - spread for log in logs], 0.02, stats.DECIDES)


@pytest.mark.parametrize("pairs", [25, 100])
def test_with_all_its_looks_a_race_whose_ratio_is_the_threshold_is_decided_about_as_seldom_as_with_one(pairs):
    # The last look's level is 1 %; all together come to 1.24 % and 1.46 %, and would come to 3.4 % and 5.5 % with every
    # look at 1 %. Twenty-five pairs are what ten seconds give.
    logs = np.random.default_rng(0).standard_normal((100_000, pairs))
    decided = np.zeros(len(logs), bool)
    for count in range(1, pairs + 1):
        is_last = count == pairs
        if is_last or trusted.is_look(count, revisions.LEAST_PAIRS):
            confidence = stats.DECIDES if is_last else trusted.early(stats.DECIDES)
            half = stats.student((1 + confidence) / 2, count - 1) * logs[:, :count].std(axis=1, ddof=1) / count**0.5
            decided |= np.abs(logs[:, :count].mean(axis=1)) > half
    assert 0.01 < decided.mean() < 0.016
