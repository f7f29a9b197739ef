"""Trainings: the judge draws, counts and scores; the median over seeds decides."""

import math

import pytest
import torch
from torch import nn

from ptassess.bands import Band
from ptassess.check import Findings
from ptassess.errors import ContentError, SolutionRaised
from ptassess.measure.training import judge
from ptassess.sandbox import Limits, open_wall
from ptassess.trainings import Training, Trial

BAND = Band(low=0.80, median=0.85, high=0.90)


@pytest.fixture(scope="module")
def wall():
    wall = open_wall("process")
    wall.preload(())  # its start is no training's time
    yield wall
    wall.close()


@pytest.fixture
def train(wall, tmp_path):
    """Train a solution that sums what it is fed; gives what the check has noted."""

    def make(source, run, **asked):
        path = tmp_path / "solution.py"
        path.write_text(source)
        solution = wall.solution(path, limits=Limits(seconds=5), shown_as="solution.py")

        def no_band(name):
            raise ContentError(name)

        findings = Findings()
        try:
            Training(solution, findings, lambda number: 7 + number, asked.pop("band", no_band))(run, **asked)
        finally:
            solution.close()
        return findings

    return make


def test_the_median_decides_and_what_is_not_a_number_is_worst():
    assert judge([0.1, 0.9, 0.8], asked=0.7).score == 0.8
    assert not judge([math.nan, math.nan, 0.9], asked=0.7).passes
    assert judge([math.nan, 0.8, 0.9], asked=0.7).score == 0.8


def test_credit_grows_from_what_is_asked_to_what_the_reference_reaches_at_least():
    worth = {score: judge([score], asked=0.6, band=BAND).credit for score in (0.5, 0.6, 0.7, 0.8, 0.95)}
    assert worth == pytest.approx({0.5: 0.0, 0.6: 0.5, 0.7: 0.75, 0.8: 1.0, 0.95: 1.0})
    assert judge([0.7], asked=0.6, full=0.7, band=BAND).credit == 1.0


def test_far_better_than_the_reference_ever_was_is_worth_a_look_and_no_points_less():
    assert judge([1.01], asked=0.6, band=BAND).is_odd
    assert judge([1.01], asked=0.6, band=BAND).credit == 1.0
    assert not judge([0.99], asked=0.6, band=BAND).is_odd
    assert not judge([5.0], asked=0.6).is_odd


def test_each_seed_has_a_fresh_process_and_draws_of_its_own(train):
    source = "calls = 0\n\ndef fit(x):\n    global calls\n    calls += 1\n    return calls\n"
    seen = []

    def run(solution, trial):
        seen.append((trial.seed, torch.rand(1, generator=trial.rng).item(), solution.fit(1)))
        return 1.0

    findings = train(source, run, name="score", asked=0.5)
    assert [seed for seed, _, _ in seen] == [7, 8, 9]
    assert len({value for _, value, _ in seen}) == 3
    assert [calls for _, _, calls in seen] == [1, 1, 1]
    assert findings.evidence == {"score": 1.0, "score, by seed": [1.0, 1.0, 1.0]}


def test_the_budget_is_counted_by_the_judge_and_an_exception_that_is_swallowed_does_not_help(train):
    greedy = """
def fit(next_batch):
    total = 0.0
    try:
        while True:
            total += float(next_batch()[1].sum())
    except Exception:
        return total
"""

    def run(solution, trial):
        batches = trial.feed(torch.ones(10, 2), torch.ones(10), size=4, epochs=2)
        total = solution.fit(batches.next_batch)
        assert total == 20  # two epochs of ten ones, whatever their order
        batches.require_budget()
        return 1.0

    with pytest.raises(AssertionError, match="more than 2 epochs"):
        train(greedy, run, name="score", asked=0.5)


def test_what_was_used_of_the_budget_and_the_curve_are_evidence(train):
    def run(solution, trial):
        batches = trial.feed(torch.ones(10, 2), torch.ones(10), size=5, epochs=9)
        solution.fit(batches.next_batch)
        batches.require_budget()
        trial.curve += [1.0, 0.5]
        return 0.65

    source = "def fit(next_batch):\n    for _ in range(3):\n        next_batch()\n"
    findings = train(source, run, name="score", asked=0.6, band=lambda _: BAND)
    assert findings.evidence["epochs, by seed"] == [1.5, 1.5, 1.5]
    assert findings.evidence["curve of the first seed"] == [1.0, 0.5]
    assert findings.credit == pytest.approx(0.625)
    assert "from 0.8 on this check has all its points" in findings.reason


def test_too_little_fails_with_the_score_and_the_hint(train):
    with pytest.raises(
        AssertionError, match=r"score is 0.4 \(the median of 3\); at least 0.6 is asked for\n\s*learn more"
    ):
        train("def fit():\n    pass\n", lambda _s, _t: 0.4, name="score", asked=0.6, msg="learn more")


def test_an_error_of_the_solution_is_told_as_elsewhere(train):
    with pytest.raises(SolutionRaised, match="no"):
        train("def fit():\n    raise ValueError('no')\n", lambda s, _: s.fit(), name="score", asked=0)


def test_the_judge_draws_splits_and_initial_weights_from_the_trials_seed():
    x, y = torch.arange(20.0), torch.arange(20)
    first, again, other = ([*Trial.of(seed).split(x, y, held_out=0.25)] for seed in (1, 1, 2))
    assert [len(part) for part in first] == [15, 15, 5, 5]
    assert torch.equal(first[0], first[1].float())  # rows stay together
    assert sorted(torch.cat([first[0], first[2]]).tolist()) == x.tolist()
    assert all(map(torch.equal, first, again))
    assert not torch.equal(first[0], other[0])
    before = torch.random.get_rng_state()
    weights = [Trial.of(seed).initial(lambda: nn.Linear(3, 2))["weight"] for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(before, torch.random.get_rng_state())  # nobody else's numbers change
