"""What `make demo` promises: the three example candidates come out in the order in which they deserve to."""

from pathlib import Path

from ptassess.grading import find, grade, percent
from ptassess.scoring import score

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_examples_are_ranked_strong_middle_cheat(tmp_path):
    submissions, _ = find([EXAMPLES])
    results = {graded.name: graded for graded in grade(submissions, tmp_path, jobs=2)}
    assert {name: graded.reason for name, graded in results.items()} == {"cheat": "", "middle": "", "strong": ""}
    scores = {name: percent(graded) for name, graded in results.items()}
    assert scores["strong"] >= 90
    assert 30 <= scores["middle"] <= 70
    assert scores["cheat"] <= 5
    assert score(results["cheat"].run).total.coverage == 100
    page = (tmp_path / "index.html").read_text()
    places = [page.index(f"{name}/scorecard.html") for name in ("strong", "middle", "cheat")]
    assert places == sorted(places)


def test_every_way_to_cheat_gets_a_cause_or_a_wrong_value_and_never_an_error_of_ours(tmp_path):
    (graded,) = grade([EXAMPLES / "cheat"], tmp_path)
    assert {check.outcome for check in graded.run.checks} <= {"failed", "passed", "not attempted"}
    assert not [check.check for check in graded.run.checks if check.outcome == "passed" and check.role == "value"]
