"""Scores follow from stored facts by the rules that the module's docstring states."""

import msgspec
import pytest

from ptassess.result import ChallengeFacts, CheckResult, Run, TaskFacts
from ptassess.scoring import Bounds, cuts, score


def check(name="test_a", outcome="passed", *, task="t", **more):
    more.setdefault("credit", 1.0 if outcome == "passed" else 0.0)
    return CheckResult(challenge="c", task=task, check=name, nodeid=name, outcome=outcome, **more)


def run_of(*checks, points=10.0, names=None, tasks=("t",)):
    offered = tuple(
        TaskFacts(
            name=task,
            points=points,
            level="foundation",
            minutes=5,
            checks=tuple(names or [c.check for c in checks if c.task == task]),
        )
        for task in tasks
    )
    return Run(
        ptassess="0", run_id="r", candidate="ada", started="", finished="", submission={"name": "ada"},
        challenges=(ChallengeFacts(slug="c", title="C", tasks=offered),), checks=checks,
    )  # fmt: skip


def test_points_are_shared_by_weight():
    total = score(run_of(check("test_a", weight=3), check("test_b", "failed", weight=1))).total
    assert total == Bounds(earned=7.5, decided=10, offered=10)


def test_a_task_that_an_interrupted_run_never_came_to_is_not_said_to_be_unattempted():
    found = score(run_of(check(task="t"), names=["test_a"], tasks=("t", "u")))
    assert [task.outcome for task in found.competencies[0].tasks] == ["passed", "not assessed"]
    assert (found.total.decided, found.total.offered) == (10, 20)


@pytest.mark.parametrize(("cut", "reached"), [(50, True), (60, None), (100, None), (40, True)])
def test_a_cut_score_is_reached_missed_or_undecided(cut, reached):
    found = score(run_of(check("test_a"), check("test_b", "inconclusive")))
    assert found.total.reaches(cut) is reached
    assert Bounds(earned=1, decided=4, offered=4).reaches(26) is False


def test_cut_scores_come_with_the_total_first_and_only_for_what_was_offered():
    run = msgspec.structs.replace(run_of(check()), cut_scores={"c": 50, "total": 60, "other": 10})
    assert [(cut.title, cut.least, cut.reached) for cut in cuts(run, score(run))] == [
        ("Total", 60, True),
        ("C", 50, True),
    ]


def test_partial_credit_counts_as_its_share():
    assert score(run_of(check(credit=0.25))).total.score == 25


def test_a_property_earns_nothing_beside_a_wrong_value():
    result = score(run_of(check("test_a", "failed"), check("test_fast", role="property")))
    assert result.total == Bounds(earned=0, decided=10, offered=10)
    assert result.competencies[0].tasks[0].checks[1].withheld


def test_a_property_earns_beside_right_values():
    assert score(run_of(check("test_a"), check("test_fast", role="property"))).total.score == 100


def test_a_property_waits_for_an_undecided_value():
    total = score(run_of(check("test_a", "not assessed"), check("test_fast", role="property"))).total
    assert total == Bounds(earned=0, decided=0, offered=10)


@pytest.mark.parametrize("outcome", ["not assessed", "inconclusive", "error"])
def test_what_is_undecided_leaves_the_score_and_widens_its_bounds(outcome):
    total = score(run_of(check("test_a"), check("test_b", outcome))).total
    assert (total.score, total.low, total.high, total.coverage) == (100, 50, 100, 50)


def test_a_property_alone_decides_nothing():
    result = score(run_of(check("test_form", role="property")))
    assert result.total == Bounds(earned=0, decided=0, offered=10)
    assert result.competencies[0].tasks[0].outcome == "not assessed"


def test_what_is_not_attempted_is_a_decided_zero():
    total = score(run_of(check("test_a"), check("test_b", "not attempted"))).total
    assert (total.score, total.low, total.high, total.coverage) == (50, 50, 50, 100)


def test_a_check_that_never_reported_is_undecided():
    total = score(run_of(check("test_a"), names=["test_a", "test_b"])).total
    assert (total.score, total.coverage) == (100, 50)


def test_a_run_without_checks_has_no_score():
    total = score(run_of(names=["test_a"])).total
    assert (total.score, total.low, total.high) == (None, 0, 100)


def test_tasks_weigh_by_their_points_and_not_by_their_number_of_checks():
    checks = [check("test_a", task="t"), *(check(f"test_{i}", "failed", task="u") for i in range(9))]
    assert score(run_of(*checks, tasks=("t", "u"))).total.score == 50


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "failed"),
        (["not attempted", "not attempted"], "not attempted"),
        (["passed", "not attempted"], "failed"),
        (["passed", "inconclusive"], "inconclusive"),
        (["failed", "error"], "error"),
    ],
)
def test_a_task_stands_where_its_worst_check_stands(outcomes, expected):
    checks = [check(f"test_{i}", outcome) for i, outcome in enumerate(outcomes)]
    assert score(run_of(*checks)).competencies[0].tasks[0].outcome == expected


@pytest.mark.parametrize(
    ("checks", "standing"),
    [
        ([check("test_a"), check("test_b")], "passed"),
        ([check("test_a"), check("test_b", credit=0.5)], "partly"),
        ([check("test_a"), check("test_b", "failed")], "partly"),
        ([check("test_a", "failed"), check("test_b", "failed")], "failed"),
        ([check("test_a", "failed"), check("test_b", role="property")], "failed"),
        ([check("test_a"), check("test_b", "inconclusive")], "inconclusive"),
        ([check("test_a", "not attempted")], "not attempted"),
    ],
)
def test_a_task_of_which_some_points_are_earned_and_some_lost_stands_partly(checks, standing):
    assert score(run_of(*checks)).competencies[0].tasks[0].standing == standing


def test_points_seen_beside_the_candidates_code_are_told():
    assert score(run_of(check("test_a", weight=3), check("test_b", weight=1, advisory=True))).advisory == 25
