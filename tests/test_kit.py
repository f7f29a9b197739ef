"""A kit holds what a candidate needs and no answer."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ptassess import brief, exam, kit
from ptassess.errors import UserError
from ptassess.exam import Exam
from ptassess.registry import catalogue

CHALLENGES = list(catalogue().challenges.values())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A kit of everything, and the commands that were printed."""
    folder = tmp_path_factory.mktemp("kits") / "exam"
    return folder, kit.start(folder, CHALLENGES, Exam(seed=7), candidate='Ada "the\n first"')


def test_it_holds_the_public_half_of_every_challenge_and_nothing_private(made):
    folder, _ = made
    for challenge in CHALLENGES:
        assert (folder / "challenges" / challenge.slug / "brief.md").is_file()
        assert (folder / "solutions" / f"{challenge.slug}.py").read_text() == (
            challenge.home / "starter.py"
        ).read_text()
    assert not [
        path for path in folder.rglob("*") if {"private", "__pycache__", "reference.py", "mutants"} & set(path.parts)
    ]


def test_its_facts_can_be_read_whatever_the_candidate_is_called(made):
    facts = tomllib.loads((made[0] / kit.FACTS).read_text())
    assert facts["candidate"] == 'Ada "the first"'
    assert kit.facts_of(made[0]).candidate == facts["candidate"]
    assert exam.read(made[0] / kit.EXAM) == Exam(seed=7)


def test_the_first_page_names_every_task(made):
    page = (made[0] / "README.md").read_text()
    for challenge in CHALLENGES:
        for task in challenge.tasks:
            assert f"`{task.name}`" in page


def test_bare_pytest_works_in_it_and_says_what_was_not_attempted(made):
    folder, commands = made
    assert commands[-1] == "pytest challenges/"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 1, process.stdout
    assert "not attempted" in process.stdout
    assert "failed" not in process.stdout


def test_a_folder_in_use_is_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty; name a new folder"):
        kit.start(tmp_path, CHALLENGES, Exam())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_to_is_named():
    with pytest.raises(UserError, match="/proc/kit: cannot be written"):
        kit.start(Path("/proc/kit"), CHALLENGES, Exam())


def test_a_folder_that_is_no_kit_says_where_to_go(tmp_path):
    with pytest.raises(UserError, match=r"not a kit .*go into the folder that `ptassess start` made"):
        kit.facts_of(tmp_path)
    (tmp_path / kit.FACTS).write_text("candidate = ")
    with pytest.raises(UserError, match="cannot be read"):
        kit.facts_of(tmp_path)


def test_a_kit_of_an_exam_holds_what_is_asked_and_its_rules(tmp_path):
    asked = Exam(
        name="short", title="Short", tasks={"linear_algebra.whiten": 5, "linear_algebra.solve_spd": 3}, minutes=40,
        hints="none", ai_use="None.", feedback="score", cut_scores={"total": 60}, deadline="2030-01-31T18:00:00+01:00",
    )  # fmt: skip
    kit.start(tmp_path / "kit", CHALLENGES, asked)
    page = (tmp_path / "kit" / "README.md").read_text()
    for text in (
        "# Short",
        "Time: 40 minutes, until 2030",
        "Help from AI: None.",
        "gives none",
        "your score",
        "total 60 %",
    ):
        assert text in page
    assert "`whiten`: practitioner, about 15 minutes, 5 points" in page
    assert "Not asked in this exam: `matmul_family`" in page
    assert [path.name for path in (tmp_path / "kit" / "solutions").iterdir()] == ["linear_algebra.py"]
    text = (tmp_path / "kit" / "challenges" / "linear_algebra" / "brief.md").read_text()
    assert "## Hints" not in text
    assert "## Further reading" in text
    assert brief.section(text, "whiten")
    assert not brief.section(text, "matmul_family")
    starter = (tmp_path / "kit" / "solutions" / "linear_algebra.py").read_text()
    assert "def solve_spd" in starter
    assert "def matmul_family" not in starter


def test_hints_lie_in_a_file_of_their_own_so_that_nobody_reads_them_unasked(made):
    for challenge in CHALLENGES:
        home = made[0] / "challenges" / challenge.slug
        assert not brief.section((home / "brief.md").read_text(), "Hints")
        assert brief.hint_for((home / "hints.md").read_text(), challenge.tasks[0].name)


def test_a_kit_of_a_part_says_what_it_asks_and_one_of_everything_does_not(tmp_path, made):
    kit.start(tmp_path / "kit", CHALLENGES, Exam(tasks={"linear_algebra.whiten": 5, "linear_algebra.quiz": 3}))
    text = (tmp_path / "kit" / "challenges" / "linear_algebra" / "brief.md").read_text()
    assert "This exam asks for `whiten` and `quiz`;" in text
    assert "This exam asks" not in (made[0] / "challenges" / "linear_algebra" / "brief.md").read_text()


def test_every_task_has_its_hint():
    for challenge in CHALLENGES:
        text = challenge.brief()
        for number, task in enumerate(challenge.tasks, 1):
            assert brief.hint_for(text, task.name)[0] == number, task.name
        assert brief.hint_for(text, "nothing") is None
        assert brief.hint_for(brief.without_hints(text), challenge.tasks[0].name) is None
