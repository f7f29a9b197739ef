"""Frames are tidy, and their columns and types do not depend on what the runs hold."""

import msgspec
import pandas as pd
import pytest

from ptassess import frames
from ptassess.scoring import score

BUILDERS = (frames.checks, frames.tasks, frames.competencies, frames.cohort)


@pytest.fixture(scope="module")
def runs(make_run):
    return [make_run(seed=i, candidate=f"c{i}", competencies=2, ability=0.2 * i + 0.2) for i in range(4)]


@pytest.mark.parametrize("build", BUILDERS)
def test_columns_and_types_are_the_same_for_no_runs(build, runs):
    pd.testing.assert_series_equal(build(runs).dtypes, build([]).dtypes)


@pytest.mark.parametrize("build", BUILDERS)
def test_the_documented_columns_are_there_in_order(build):
    assert list(build([]).columns) == list(getattr(frames, build.__name__.upper()))


def test_there_is_one_row_a_check_and_its_points_add_up(runs):
    frame = frames.checks(runs)
    assert len(frame) == sum(len(run.checks) for run in runs)
    earned = frame.groupby("candidate")["earned"].sum()
    for run in runs:
        assert earned[run.candidate] == pytest.approx(score(run).total.earned)


def test_tasks_and_competencies_add_up_to_the_same_points(runs):
    columns = ["earned", "decided", "offered"]
    tasks = frames.tasks(runs).groupby(["candidate", "challenge"])[columns].sum()
    competencies = frames.competencies(runs).set_index(["candidate", "challenge"])[columns]
    pd.testing.assert_frame_equal(tasks.sort_index(), competencies.sort_index(), check_index_type=False)


def test_a_level_without_tasks_is_missing_and_not_zero(make_run):
    run = make_run(left=1.1)
    frame = frames.competencies([run])
    assert frame.loc[0, "foundation"] == 0
    (facts,) = run.challenges
    easy = msgspec.structs.replace(run, challenges=(msgspec.structs.replace(facts, tasks=facts.tasks[:1]),))
    assert pd.isna(frames.competencies([easy]).loc[0, "expert"])


def test_the_best_of_a_cohort_has_rank_1_and_the_highest_percentile(runs):
    frame = frames.cohort(runs)
    total = frame[frame["challenge"].isna()].sort_values("score", ascending=False)
    assert total["rank"].tolist() == [1, 2, 3, 4]
    assert total["percentile"].tolist() == [87.5, 62.5, 37.5, 12.5]
    assert set(frame["of"]) == {4}


def test_equals_share_the_middle(make_run):
    frame = frames.cohort([make_run(seed=1), make_run(seed=1)])
    assert set(frame["rank"]) == {1}
    assert set(frame["percentile"]) == {50}


def test_a_run_without_a_score_has_no_rank_and_is_not_counted(make_run):
    run = make_run()
    frame = frames.cohort([run, msgspec.structs.replace(run, checks=())])
    assert frame["rank"].iloc[0] == 1
    assert frame["rank"].isna().tolist() == [False, False, True, True]
    assert set(frame["of"]) == {1}


def test_a_time_that_is_none_is_missing(make_run):
    odd = ("soon", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z")  # two that no nanosecond timestamp reaches
    frame = frames.tasks([*(make_run(started=text) for text in odd), make_run(started="2026-11-23T09:00:00Z")])
    assert frame["started"].isna().sum() == 3 * 8
    assert str(frame["started"].dt.tz) == "UTC"
