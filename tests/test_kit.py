"""A kit holds what a candidate needs and no answer."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ptassess import kit
from ptassess.errors import UserError
from ptassess.registry import catalogue

CHALLENGES = list(catalogue().challenges.values())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A kit of everything, and the commands that were printed."""
    folder = tmp_path_factory.mktemp("kits") / "exam"
    return folder, kit.start(folder, CHALLENGES, candidate='Ada "the\n first"', exam_seed=7)


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
    assert kit.exam_seed_of(made[0]) == facts["exam_seed"] == 7


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
        kit.start(tmp_path, CHALLENGES)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_to_is_named():
    with pytest.raises(UserError, match="/proc/kit: cannot be written"):
        kit.start(Path("/proc/kit"), CHALLENGES)


def test_a_folder_that_is_no_kit_has_no_exam_seed(tmp_path):
    assert kit.exam_seed_of(tmp_path) is None
    (tmp_path / kit.FACTS).write_text("exam_seed = 'x'")
    assert kit.exam_seed_of(tmp_path) is None
