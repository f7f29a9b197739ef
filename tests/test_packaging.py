"""Two wheels from one tree: the candidate's holds no answer, the grader's nothing else, and both work installed."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from ptassess import __version__
from ptassess.registry import catalogue

ROOT = Path(__file__).parents[1]
RUN = "import sys; from ptassess.cli import main; sys.argv[0] = 'ptassess'; main()"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Both wheels, by name."""
    out = tmp_path_factory.mktemp("dist")
    for project in (ROOT, ROOT / "grader"):
        command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(project)]
        subprocess.run(command, check=True, capture_output=True)
    return {path.name.partition("-")[0]: path for path in out.glob("*.whl")}


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory):
    """A virtual environment with the candidate's wheel, and one with both; other packages are borrowed from here."""
    folders = {}
    for name, parts in {"candidate": ["ptassess"], "grader": ["ptassess", "ptassess_grader"]}.items():
        folders[name] = tmp_path_factory.mktemp(name)
        venv.create(folders[name], with_pip=False, symlinks=True)
        (site,) = folders[name].glob("lib/python*/site-packages")
        # A path that a .pth file names is searched last, and .pth files in it (this checkout's own) are not read.
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
        for part in parts:
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target"]
            subprocess.run([*command, str(site), str(wheels[part])], check=True, capture_output=True)
    return folders


def run(folder, *command, cwd):
    """Run a virtual environment's Python."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [str(folder / "bin" / "python"), *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_candidates_wheel_holds_the_content_and_no_answer(wheels):
    names = names_in(wheels["ptassess"])
    for slug in catalogue().challenges:
        assert f"ptassess/_bundle/challenges/{slug}/brief.md" in names
    assert "ptassess/_bundle/reports/scorecard.html.j2" in names
    assert "ptassess/grading.ini" in names
    assert "ptassess/_bundle/attacks/ends/exits_at_import.py" in names
    hidden = re.compile(r"private/|/reference\.py|mutants/|examples/|^tests/|__pycache__")
    assert [name for name in names if hidden.search(name)] == []


def test_no_line_of_a_reference_is_in_the_candidates_wheel(wheels):
    with zipfile.ZipFile(wheels["ptassess"]) as archive:
        text = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    for slug, private in catalogue().private.items():
        lines = [line.strip() for line in (private / "reference.py").read_text().splitlines()]
        public = "".join(path.read_text() for path in catalogue().challenge(slug).home.glob("*.py"))
        telling = [
            x for x in lines if len(x) > 40 and not x.startswith(("#", '"', "def ", "import")) and x not in public
        ]
        assert telling
        assert [line for line in telling if line in text] == []


def test_the_graders_wheel_holds_every_private_half_and_nothing_else(wheels):
    names = names_in(wheels["ptassess_grader"])
    for slug, private in catalogue().private.items():
        for path in private.rglob("*.py"):
            inside = path.relative_to(private).as_posix()
            assert f"ptassess_grader/_bundle/challenges/{slug}/private/{inside}" in names
    other = [name for name in names if "/private/" not in name and ".dist-info/" not in name]
    assert other == ["ptassess_grader/__init__.py"]


def test_the_grader_needs_the_ptassess_of_its_own_version(wheels):
    with zipfile.ZipFile(wheels["ptassess_grader"]) as archive:
        name = next(name for name in archive.namelist() if name.endswith("METADATA"))
        assert f"Requires-Dist: ptassess=={__version__}" in archive.read(name).decode()


def test_a_candidate_starts_and_practises_with_the_first_wheel_alone(installed, tmp_path):
    folder = installed["candidate"]
    started = run(folder, "-c", RUN, "start", "kit", cwd=tmp_path)
    assert started.returncode == 0, started.stdout + started.stderr
    where = run(folder, "-c", "import ptassess; print(ptassess.__file__)", cwd=tmp_path).stdout
    assert where.startswith(str(folder))
    practised = run(folder, "-m", "pytest", "challenges/", "-q", "-p", "no:cacheprovider", cwd=tmp_path / "kit")
    assert practised.returncode == 1, practised.stdout + practised.stderr
    assert "not attempted" in practised.stdout
    refused = run(folder, "-c", RUN, "check-challenges", cwd=tmp_path)
    assert refused.returncode == 4
    assert "install ptassess-grader" in refused.stderr


def test_the_challenges_of_both_wheels_are_known_to_be_as_they_were_brought(installed, tmp_path):
    code = "from ptassess import content; print([(root.name, content.altered(root)) for root in content.roots()])"
    told = run(installed["grader"], "-c", code, cwd=tmp_path)
    assert told.stdout == "[('ptassess', []), ('ptassess-grader', [])]\n", told.stderr


def test_a_team_grades_with_both_wheels(installed, tmp_path):
    command = ("-c", RUN, "grade", str(ROOT / "examples" / "strong"), "--out", "out")
    graded = run(installed["grader"], *command, cwd=tmp_path)
    assert graded.returncode == 0, graded.stdout + graded.stderr
    assert re.search(r"strong +(9\d|100) %", graded.stdout)
    assert (tmp_path / "out" / "strong" / "scorecard.html").is_file()
