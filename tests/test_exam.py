"""Exams say what is asked, and their seeds decide what is drawn, in any order."""

import pytest

from ptassess import Challenge, Task, exam
from ptassess.errors import UserError
from ptassess.exam import Exam
from ptassess.registry import catalogue

LEVELS = ("foundation", "practitioner", "expert")


def challenges():
    """Two competencies with a task of each level and a second expert's."""
    return [
        Challenge(
            home=f"/packs/{slug}/challenge.py",
            title=slug,
            tasks=[
                Task(name=f"{slug}_{level}_{n}", points=4, level=level, minutes=10)
                for n, level in enumerate((*LEVELS, "expert"))
            ],
        )
        for slug in ("one", "two")
    ]


def test_a_derived_seed_depends_on_every_part_and_on_their_borders():
    seeds = [exam.derive(*parts) for parts in [(1,), (2,), (1, "a"), (1, "a", "b"), (1, "ab"), (1, "b", "a"), (11,)]]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**64 for seed in seeds)


def test_a_derived_seed_is_the_same_on_every_machine():
    # printf '1\\0linear_algebra\\0test_x\\0rng' | sha256sum | cut -c1-16
    assert exam.derive(1, "linear_algebra", "test_x", "rng") == 0xCB6CA32A266E20F6


def test_the_commitment_tells_the_seeds_apart():
    assert exam.commit(1) != exam.commit(2)
    assert len(exam.commit(1)) == 64


def test_an_exam_is_read_and_its_digest_covers_its_content(tmp_path):
    path = tmp_path / "exam.toml"
    path.write_text('name = "short"\ntitle = "Short"\nseed = 7\nminutes = 60\n[tasks]\n"a.b" = 3\n')
    read = exam.read(path)
    assert (read.name, read.seed, read.tasks) == ("short", 7, {"a.b": 3})
    path.write_text(path.read_text().replace("= 3", "= 4"))
    assert exam.read(path).digest() != read.digest()


@pytest.mark.parametrize(
    "text",
    [
        "name = ", "seed = 'x'", "unknown = 1", "hints = 'some'", "feedback = 'loud'", "minutes = 'x'",
    ],
)  # fmt: skip
def test_what_is_no_exam_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "exam.toml").write_text(text)
    with pytest.raises(UserError, match=r"\A.*exam\.toml: not an exam \(.*\)\Z"):
        exam.read(tmp_path / "exam.toml")


def test_a_missing_exam_is_refused_in_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        exam.read(tmp_path / "exam.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tasks]\n"a.b" = 0', "write competency.task = points above 0"),
        ("[tasks]\nab = 1", "write competency.task"),
        ("[cut_scores]\ntotal = 101", "per cent, from 0 to 100"),
        ('deadline = "tomorrow"', "write 2030-01-31T18:00:00"),
        ('deadline = "2030-01-31T18:00:00"', "write 2030-01-31T18:00:00"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_with_the_place(tmp_path, text, said):
    (tmp_path / "exam.toml").write_text(text)
    with pytest.raises(UserError, match=said):
        exam.read(tmp_path / "exam.toml")


def test_what_is_rendered_reads_back_as_the_same_exam(tmp_path):
    written = Exam(
        name="x", title='A "title"', tasks={"a.b": 2.5, "c.d": 1}, minutes=30, deadline="2030-01-31T18:00:00+01:00",
        hints="none", feedback="score", cut_scores={"total": 60, "a": 50}, roles={"research": {"a": 2.0}, "ops": {}},
        packs=("../secret",), seed=9,
    )  # fmt: skip
    (tmp_path / "exam.toml").write_text(exam.render(written))
    assert exam.read(tmp_path / "exam.toml") == written
    assert exam.read(tmp_path / "exam.toml").digest() == written.digest()


def test_without_tasks_everything_is_offered_at_its_own_points():
    first, second = challenges()
    offered = Exam().offered([first, second])
    assert {slug: len(tasks) for slug, tasks in offered.items()} == {"one": 4, "two": 4}
    assert Exam().points("one", first.tasks[0]) == 4
    assert Exam().minutes_for([first, second]) == 80


def test_with_tasks_only_they_are_offered_at_the_exams_points():
    chosen = Exam(tasks={"one.one_expert_2": 9.0}, minutes=25)
    assert {slug: [t.name for t in tasks] for slug, tasks in chosen.offered(challenges()).items()} == {
        "one": ["one_expert_2"]
    }
    assert chosen.points("one", challenges()[0].tasks[2]) == 9
    assert chosen.minutes_for(challenges()) == 25


def test_an_exam_that_does_not_fit_what_is_here_is_told_why():
    wrong = Exam(tasks={"one.one_expert_2": 1, "one.gone": 1}, minutes=5, cut_scores={"three": 10, "total": 5})
    told = exam.examine(wrong, challenges())
    assert told == [
        "one.gone: no such task; `ptassess list` shows them",
        "three: no such competency, in cut_scores or roles",
        "its tasks need about 10 minutes; it gives 5",
    ]


@pytest.mark.parametrize("minutes", [10, 35, 60, 1000])
def test_an_exam_is_composed_of_all_competencies_and_levels_within_its_time(minutes):
    made = exam.compose("x", challenges(), minutes)
    assert exam.examine(made, challenges()) == []
    assert len(made.tasks) == min(8, minutes // 10)
    if minutes == 60:
        assert [name.split("_")[1] for name in made.tasks] == [*LEVELS, *LEVELS]


def test_an_exam_too_short_for_any_task_is_refused():
    with pytest.raises(UserError, match="no task takes 5 minutes"):
        exam.compose("x", challenges(), 5)


def test_an_unknown_exam_is_answered_with_the_ready_ones():
    with pytest.raises(UserError, match=r"no such exam; name a .toml file, or one of: everything"):
        exam.find("nonsense")
    assert exam.find("everything") == (Exam(), None)


def test_every_ready_exam_fits_what_is_here():
    from ptassess import content

    here = catalogue().challenges.values()
    for path in (path for root in content.roots() for path in root.exams()):
        ready = exam.read(path)
        assert ready.name == path.stem
        assert exam.examine(ready, here) == []
        assert set(ready.offered(here)) == {c.slug for c in here}
