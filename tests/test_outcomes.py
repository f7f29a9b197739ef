"""What a check's end is called, and what pytest's process returns."""

from types import SimpleNamespace

import pytest

from ptassess import errors, failures
from ptassess.outcomes import Exit, exit_status, outcome_of, status_of


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "passed"),
        (errors.NotAttempted("x"), "not attempted"),
        (errors.NotAssessed("x"), "not assessed"),
        (errors.Inconclusive("x"), "inconclusive"),
        (errors.SolutionTimeout("x"), "failed"),
        (errors.SubmissionError("x"), "failed"),
        (pytest.skip.Exception("x"), "not assessed"),
    ],
    ids=str,
)
def test_what_the_candidate_did_counts_in_every_phase(when, error, outcome):
    assert outcome_of(when, error) == outcome


@pytest.mark.parametrize(("when", "outcome"), [("setup", "error"), ("call", "failed"), ("teardown", "error")])
def test_an_exception_of_the_checks_own_fails_it_only_where_the_answer_is_looked_at(when, outcome):
    assert outcome_of(when, ZeroDivisionError()) == outcome


@pytest.mark.parametrize(
    ("outcomes", "coverage", "status"),
    [
        (["passed"], 100, None),
        (["passed", "not attempted"], 100, None),
        (["passed", "failed"], 100, None),
        (["passed", "error"], 10, None),
        (["not attempted"], 100, 1),
        (["not attempted", "not assessed"], 50, 1),
        (["not assessed"], 0, Exit.UNDECIDED),
        (["inconclusive"], 0, Exit.UNDECIDED),
        (["passed", "inconclusive"], 90, Exit.UNDECIDED),
        (["passed", "not assessed"], 40, Exit.COVERAGE),
        (["passed", "not assessed"], 60, None),
        ([], 0, None),
    ],
)
def test_the_exit_status_follows_from_the_outcomes(outcomes, coverage, status):
    assert exit_status(outcomes, coverage, 50) == status


def test_the_three_have_letters_of_their_own():
    letters = [status_of(outcome)[1] for outcome in ("not attempted", "not assessed", "inconclusive", "failed")]
    assert letters == ["n", "a", "i", "F"]
    assert status_of("passed") is None


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (AssertionError("use torch.exp"), "use torch.exp"),
        (errors.SolutionMissing("it has no such function"), "it has no such function"),
        (errors.NotAttempted("write it"), "write it"),
        (ValueError("odd"), "pytest's traceback"),
        (errors.JudgeError("ours"), "pytest's traceback"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_pytest_makes_a_traceback_only_of_what_is_shown_as_one(error, shown):
    item = SimpleNamespace(repr_failure=lambda _: "pytest's traceback")
    failures.spare_traceback(item)
    assert item.repr_failure(pytest.ExceptionInfo.from_exc_info((type(error), error, None))) == shown
