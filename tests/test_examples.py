"""What `make demo` promises: the three example candidates come out in the order in which they deserve to."""

from pathlib import Path

import pytest

from ptassess.grading import find, grade, score_of
from ptassess.scoring import score

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The examples' results by name, and the folder with their pages."""
    out = tmp_path_factory.mktemp("demo")
    submissions = find([EXAMPLES])
    return {result.name: result for result in grade(submissions, out, jobs=2)}, out


def test_the_examples_are_ranked_strong_middle_cheat(graded):
    results, out = graded
    assert {name: result.reason for name, result in results.items()} == {"cheat": "", "middle": "", "strong": ""}
    page = (out / "index.html").read_text()
    places = [page.index(f"{name}/scorecard.html") for name in ("strong", "middle", "cheat")]
    assert places == sorted(places)


def test_each_example_has_what_it_deserves_in_every_competency(graded):
    results, _ = graded
    bounds = {"strong": (90, 100), "middle": (30, 70), "cheat": (0, 5)}
    for name, (low, high) in bounds.items():
        assert low <= score_of(results[name]) <= high
        for competency in score(results[name].run).competencies:
            assert low <= competency.bounds.score <= high, (name, competency.slug)
    assert score(results["cheat"].run).total.coverage == 100


def test_every_way_to_cheat_gets_a_cause_or_a_wrong_value_and_never_an_error_of_ours(graded):
    run = graded[0]["cheat"].run
    assert {check.outcome for check in run.checks} <= {"failed", "passed", "not attempted"}
    assert not [check.check for check in run.checks if check.outcome == "passed" and check.role == "value"]
