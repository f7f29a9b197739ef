"""The sentences of a scorecard say what the figures say."""

import subprocess
import sys

import msgspec
import pytest

from ptassess import narrative
from ptassess.scoring import score


def told(run):
    return " ".join(narrative.headline(score(run)))


def with_outcomes(run, *outcomes):
    """The run with the first checks ended so."""
    changed = [
        msgspec.structs.replace(check, outcome=outcome) for check, outcome in zip(run.checks, outcomes, strict=False)
    ]
    return msgspec.structs.replace(run, checks=(*changed, *run.checks[len(changed) :]))


@pytest.fixture
def perfect(make_run):
    return make_run(seed=2, ability=1.0, left=0)


def test_a_perfect_run_is_told_in_one_sentence(perfect):
    assert told(perfect) == (
        "Solved all 8 tasks in full: 3 of 3 at foundation level, 4 of 4 at practitioner level, 1 of 1 at expert level."
    )


def test_a_part_of_a_task_is_told(perfect):
    assert "Solved 7 of 8 tasks in full" in told(with_outcomes(perfect, "failed"))
    assert "One task earned a part of its points." in told(with_outcomes(perfect, "failed"))


def test_a_task_in_vain_is_told(perfect):
    assert "One task was attempted and earned nothing." in told(with_outcomes(perfect, *["failed"] * 6))


def test_a_task_that_was_left_is_told(perfect):
    assert "One task was not attempted." in told(with_outcomes(perfect, *["not attempted"] * 6))


def test_what_is_undecided_is_told_with_its_bounds(perfect):
    run = with_outcomes(perfect, *["not assessed"] * 6)
    assert told(run).endswith(
        "11 % of the points could not be decided: "
        "with all of them lost the score would be 89, with all of them won 100."
    )


def test_strengths_begin_with_the_hardest_task(perfect):
    assert narrative.strengths(score(perfect))[0].title == "top_eigenpairs"


def test_a_strong_competency_comes_before_its_tasks(make_run):
    remarks = narrative.strengths(score(make_run(ability=1.0, left=0, competencies=3)))
    assert [remark.anchor for remark in remarks[:2]] == ["c1", "c2"]
    assert not remarks[0].code


def test_the_next_step_is_of_the_lowest_level_and_there_where_most_points_are_missing(perfect):
    run = with_outcomes(perfect, "failed", *["passed"] * 11, *["failed"] * 6, *["passed"] * 18, *["failed"] * 6)
    titles = [remark.title for remark in narrative.next_steps(score(run))]
    assert titles == ["pairwise_distances", "matmul_family", "top_eigenpairs"]


def test_a_check_without_its_whole_credit_is_a_next_step_with_its_reason(perfect):
    first = msgspec.structs.replace(perfect.checks[0], credit=0.5, message="one more tensor is saved")
    run = msgspec.structs.replace(perfect, checks=(first, *perfect.checks[1:]))
    (step,) = narrative.next_steps(score(run))
    assert (step.title, step.text) == ("matmul_family", "one more tensor is saved")
    assert "Solved 7 of 8 tasks in full" in told(run)


def test_a_perfect_run_has_no_next_step(perfect):
    assert narrative.next_steps(score(perfect)) == []


def test_levels_add_up_over_competencies(make_run):
    result = score(make_run(competencies=3))
    assert sum(bounds.offered for bounds in narrative.levels(result).values()) == result.total.offered


def test_importing_the_reports_imports_neither_jinja2_nor_pandas_nor_torch():
    heavy = {"jinja2", "pandas", "torch", "markdown_it"}
    code = f"import sys, ptassess.render, ptassess.frames; print(*{heavy} & {{*sys.modules}})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
