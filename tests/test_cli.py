"""The command line: what each command prints, and the one line that a mistake gets."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ptassess import __version__, cli, grading, store
from ptassess.registry import catalogue

PACK = Path(__file__).parent / "packs" / "double"


@pytest.fixture
def ptassess(monkeypatch, capsys):
    """Run a command as `ptassess ARGUMENTS` would; gives its status and what it printed."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ptassess", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "100")
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def test_without_a_command_it_shows_what_there_is(ptassess):
    said = ptassess("--help")[1]
    for command in ("start", "list", "show", "grade", "report", "export", "new", "check-challenges", "doctor"):
        assert command in said
    assert ptassess("--version") == (0, f"ptassess {__version__}\n")


def test_start_says_what_to_type_next(ptassess, tmp_path):
    status, said = ptassess("start", tmp_path / "exam", "--candidate", "Ada")
    assert status == 0
    challenges = catalogue().challenges.values()
    minutes = sum(task.minutes for challenge in challenges for task in challenge.tasks)
    assert f"{len(challenges)} competencies, about {minutes} minutes" in said
    assert "pytest challenges/" in said
    assert (tmp_path / "exam" / "solutions" / "linear_algebra.py").is_file()


def test_list_names_every_task(ptassess):
    status, said = ptassess("list")
    assert status == 0
    for task in catalogue().challenge("linear_algebra").tasks:
        assert task.name in said
    facts = json.loads(ptassess("list", "--json")[1])
    assert facts[0]["slug"] == "linear_algebra"
    assert sum(task["points"] for task in facts[0]["tasks"]) == 52


@pytest.mark.parametrize("name", ["linear_algebra", "whiten", "linear_algebra.whiten"])
def test_show_gives_the_brief_or_a_tasks_part_of_it(ptassess, name):
    status, said = ptassess("show", name)
    assert status == 0
    assert "an affine image of the samples" in re.sub(r"\s+", " ", said)
    assert ("matmul_family" in said) == (name == "linear_algebra")


def test_new_and_check_make_a_draft_that_is_admitted(ptassess, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    status, said = ptassess("new", "gelu", "--pack", tmp_path)
    assert status == 0
    assert f"ptassess check-challenges gelu --pack {tmp_path}" in said
    status, said = ptassess("check-challenges", "gelu", "--pack", tmp_path)
    assert status == 0, said
    assert "admitted as draft" in said
    assert "for core:" in said
    report = json.loads(ptassess("check-challenges", "gelu", "--pack", tmp_path / "gelu", "--json")[1])[0]
    assert (report["admitted"], report["tier"]) == (True, "draft")


def test_doctor_says_what_this_machine_can_do(ptassess):
    status, said = ptassess("doctor")
    assert status == 0
    assert "isolation" in said
    facts = json.loads(ptassess("doctor", "--json")[1])
    assert facts["isolation"]["process"] == "ok"
    assert facts["challenges"]["linear_algebra"] is True


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Two submissions of a small pack, graded."""
    folder = tmp_path_factory.mktemp("cohort")
    for name, body in (("ada", "return x + x"), ("bob", "return x")):
        (folder / "in" / name / "solutions").mkdir(parents=True)
        (folder / "in" / name / "solutions" / "double.py").write_text(
            f"def double(x): {body}\ndef triple(x): return 3 * x\n"
        )
    grading.grade(sorted((folder / "in").iterdir()), folder / "out", packs=[PACK], only=["double"], seed=1)
    return folder


def test_grade_prints_a_ranking_and_where_to_look(ptassess, graded, tmp_path):
    command = ("grade", graded / "in", "--out", tmp_path / "out", "--pack", PACK, "--only", "double", "--seed", 1)
    status, said = ptassess(*command)
    assert status == 0
    assert "taken as 2 submissions" in said
    assert re.search(r"ada +100 %.*bob +33 %", said, re.DOTALL)
    assert f"open {tmp_path}/out/index.html" in said
    assert (tmp_path / "out" / "index.html").is_file()


def test_grade_goes_on_where_it_was_and_tells_what_is_done_and_what_is_to_do(ptassess, graded):
    command = ("grade", graded / "in", "--out", graded / "out", "--pack", PACK, "--only", "double")
    status, said = ptassess(*command, "--seed", 1)
    assert status == 0
    assert "2 of 2 are graded already; nothing is left to do" in said
    assert re.search(r"ada +100 %.*bob +33 %", said, re.DOTALL)
    status, said = ptassess(*command, "--seed", 1, "--dry-run")
    assert status == 0
    assert re.search(r"ada +graded: 100 %.*bob +graded: 33 %", said, re.DOTALL)
    said = ptassess(*command, "--dry-run", "--json")[1]
    assert json.loads(said)[1] == {"candidate": "bob", "standing": "to be judged again: another run seed is asked"}
    assert re.search("to be judged *\n", ptassess(*command, "--seed", 1, "--dry-run", "--again")[1])


def test_grade_ends_with_status_1_where_a_submission_could_not_be_graded(ptassess, tmp_path):
    (tmp_path / "in" / "eve").mkdir(parents=True)
    command = ("grade", tmp_path / "in", "--out", tmp_path / "out", "--pack", PACK, "--only", "double", "--json")
    status, said = ptassess(*command)
    assert status == 1
    assert "no folder solutions/" in json.loads(said)[0]["reason"]


def test_report_draws_the_pages_from_run_files_alone(ptassess, graded, tmp_path):
    status, said = ptassess("report", graded / "out", "--out", tmp_path / "pages")
    assert status == 0
    assert "2 scorecards" in said
    assert len(list((tmp_path / "pages").glob("*.html"))) == 3


def test_export_writes_one_row_a_check(ptassess, graded, tmp_path):
    import pandas as pd

    status, said = ptassess("export", "csv", graded / "out", "--out", tmp_path / "checks.csv")
    assert status == 0, said
    table = pd.read_csv(tmp_path / "checks.csv")
    assert len(table) == sum(len(run.checks) for run in store.read_all([graded / "out"]))
    assert set(table.candidate) == {"ada", "bob"}


def newer_run(folder):
    (folder / "run.json").write_text('{"schema": 99, "ptassess": "9.0"}')
    return ("report", folder / "run.json")


MISTAKES = {
    "an unknown competency": (lambda _: ("show", "linear_algebr"), "is 'linear_algebra' meant"),
    "an unknown task": (lambda _: ("show", "xyz"), "no competency or task of that name; `ptassess list`"),
    "an unknown level": (
        lambda folder: ("grade", PACK, "--isolation", "castle", "--out", folder),
        "castle: no such level; there are inprocess, process",
    ),
    "an unknown one to start": (lambda folder: ("start", folder / "x", "--only", "linear"), "no such competency"),
    "a folder in use": (lambda folder: ("start", folder.parent), "not empty; name a new folder"),
    "an unwritable folder": (lambda _: ("start", "/proc/kit"), "cannot be written"),
    "no such submission": (lambda folder: ("grade", folder / "none"), "no such folder"),
    "an empty folder": (lambda folder: ("grade", folder), "neither a submission"),
    "no run file": (lambda folder: ("report", folder), "no run files there"),
    "a newer run file": (newer_run, r"written by ptassess 9\.0 .*pip install -U ptassess"),
    "an unknown format": (lambda folder: ("export", "xls", folder, "--out", folder / "x"), "there are: csv"),
    "a pack that is not there": (lambda folder: ("list", "--pack", folder / "none"), "no such folder; check --pack"),
    "a pack without challenges": (lambda folder: ("list", "--pack", folder), r"no challenge\.py in it"),
    "a bad slug": (lambda folder: ("new", "Bad-Name", "--pack", folder), "lower case letters"),
    "a challenge that is there": (lambda _: ("new", "double", "--pack", PACK.parent), "is there already"),
    "nothing private": (
        lambda folder: ("check-challenges", "bare", "--pack", bare(folder)),
        r"bare: no private/reference\.py",
    ),
}


def bare(folder):
    shutil.copytree(PACK, folder / "bare", ignore=shutil.ignore_patterns("private"))
    return folder / "bare"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_one_line_and_status_4(ptassess, tmp_path, name):
    (tmp_path / "folder").mkdir()
    command, said = MISTAKES[name]
    status, output = ptassess(*command(tmp_path / "folder"))
    assert status == 4, output
    complaints = [line for line in output.splitlines() if line and not line.startswith("taken as")]
    assert len(complaints) == 1, output
    assert complaints[0].startswith("ptassess: ")
    assert re.search(said, complaints[0]), output


def test_two_packs_with_one_slug_are_said_and_the_first_is_used(ptassess, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(PACK, tmp_path / name / "double")
    status, said = ptassess("list", "--pack", tmp_path / "one", "--pack", tmp_path / "two")
    assert status == 0
    assert "a second challenge 'double'" in said


def test_an_unknown_option_is_typers_to_explain():
    result = CliRunner().invoke(cli.app, ["grade", "--nonsense"])
    assert result.exit_code == 2


def test_what_lies_in_challenges_here_comes_before_what_is_installed(ptassess, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "challenges").mkdir()
    assert ptassess("new", "gelu")[1].endswith("ptassess check-challenges gelu\n")
    assert "rounded towards zero" in ptassess("show", "gelu")[1]
    assert "gelu" in ptassess("list")[1]
    assert "admitted as draft" in ptassess("check-challenges", "gelu")[1]
    assert ptassess("start", "kit", "--only", "gelu")[0] == 0
    monkeypatch.chdir(tmp_path / "challenges")
    assert "admitted as draft" in ptassess("check-challenges", "gelu")[1]


# -- in a kit --------------------------------------------------------------------------------------------------


@pytest.fixture
def kit(ptassess, tmp_path, monkeypatch):
    """A kit, as the working folder."""
    assert ptassess("start", tmp_path / "kit", "--candidate", "Ada")[0] == 0
    monkeypatch.chdir(tmp_path / "kit")
    return tmp_path / "kit"


def test_a_hint_has_its_number_and_costs_nothing(ptassess, kit):
    status, said = ptassess("hint", "whiten")
    assert status == 0
    assert "Hint for linear_algebra.whiten (number 6 of its competency; hints cost nothing):" in said
    status, said = ptassess("hint", "whitn")
    assert (status, said) == (4, "ptassess: whitn: no competency or task of that name; is 'whiten' meant?\n")


def test_a_task_that_the_exam_does_not_ask_is_told_as_such_in_its_kit(ptassess, tmp_path, monkeypatch):
    (tmp_path / "short.toml").write_text('name = "short"\n[tasks]\n"linear_algebra.whiten" = 2\n')
    assert ptassess("start", tmp_path / "kit", "--exam", tmp_path / "short.toml")[0] == 0
    monkeypatch.chdir(tmp_path / "kit")
    for command in ("hint", "show"):
        told = "ptassess: solve_spd: not asked in this exam; README.md lists what is\n"
        assert ptassess(command, "solve_spd") == (4, told)
    assert "2 points" in ptassess("show", "whiten")[1]
    said = ptassess("list")[1]
    assert "whiten" in said
    assert "solve_spd" not in said
    assert "name one of its tasks: whiten" in ptassess("hint", "linear_algebra")[1]
    assert "quiz" not in (tmp_path / "kit" / "README.md").read_text().split("## An order")[0]


def test_an_exam_without_hints_gives_none(ptassess, tmp_path, monkeypatch):
    (tmp_path / "strict.toml").write_text('name = "strict"\nhints = "none"\n')
    assert ptassess("start", tmp_path / "kit", "--exam", tmp_path / "strict.toml")[0] == 0
    monkeypatch.chdir(tmp_path / "kit")
    assert "there is no hint for it" in ptassess("hint", "whiten")[1]


def test_submit_packs_what_grade_takes(ptassess, kit, tmp_path):
    shutil.copytree(Path(__file__).parents[1] / "examples" / "strong" / "solutions", "solutions", dirs_exist_ok=True)
    status, said = ptassess("submit", "--out", tmp_path / "ada.zip")
    assert status == 0
    assert "Hand in this file." in said
    (tmp_path / "roster.csv").write_text("submission,candidate,email\nada.zip,Ada Lovelace,\nbob.zip,Bob,b@x\n")
    short = tmp_path / "short.toml"
    short.write_text('name = "short"\n[tasks]\n"linear_algebra.whiten" = 2\n"linear_algebra.pairwise_distances" = 2\n')
    command = ("grade", tmp_path / "ada.zip", "--out", tmp_path / "out", "--roster", tmp_path / "roster.csv")
    command += ("--exam", short)
    status, said = ptassess(*command)
    assert status == 1  # Bob
    assert re.search(r"Ada Lovelace +100 %", said)
    assert re.search(r"Bob +not graded: handed nothing in \(the roster expects 'bob'\)", said)
    run = store.read(tmp_path / "out" / "ada" / "run.json")
    assert (run.candidate, run.exam, run.stamp) == ("Ada Lovelace", "short", "graded")

    status, said = ptassess("reproduce", tmp_path / "out" / "ada" / "run.json", tmp_path / "ada.zip", "--exam", short)
    assert status == 0, said
    same, compared, noisy = re.search(r"(\d+) of (\d+) verdicts are the same(?:, (\d+) more)?", said).groups()
    assert int(same) == int(compared) == len(run.checks) - int(noisy or 0)
    assert int(noisy or 0) <= 1  # the timed one


def test_submit_says_what_a_grader_could_not_read(ptassess, kit):
    (kit / "solutions" / "linear_algebra.py").write_text("def f(:\n")
    status, said = ptassess("submit")
    assert status == 0
    assert "solutions/linear_algebra.py, line 1: invalid syntax" in said
    assert "Mend what is said above" in said


@pytest.mark.parametrize("command", ["progress", "watch", "submit"])
def test_outside_of_a_kit_one_line_says_where_to_go(ptassess, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    status, said = ptassess(command)
    assert status == 4
    assert "not a kit" in said
    assert len(said.splitlines()) == 1


# -- exams -----------------------------------------------------------------------------------------------------


def test_an_exam_is_made_checked_handed_out_and_graded(ptassess, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ptassess("exam", "new", "short.toml", "--minutes", "20", "--only", "linear_algebra")[0] == 0
    status, said = ptassess("exam", "check", "short.toml")
    assert status == 0
    assert re.search(r"linear_algebra +2 +10 +20", said), said
    assert ptassess("start", "kit", "--exam", "short.toml")[0] == 0
    assert ptassess("grade", "kit", "--exam", "short.toml", "--out", "out")[0] == 0
    run = store.read(tmp_path / "out" / "kit" / "run.json")
    assert (run.exam, len(run.challenges[0].tasks)) == ("short", 2)
    assert {check.task for check in run.checks} == {task.name for task in run.challenges[0].tasks}
    assert run.complete
    assert "everything" in ptassess("exam", "list")[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tasks]\n"linear_algebra.gone" = 1\n', "no such task"),
        ('minutes = 5\n[tasks]\n"linear_algebra.whiten" = 1\n', "need about 15 minutes; it gives 5"),
        ("points = 3\n", "not an exam"),
    ],
)
def test_an_exam_that_does_not_fit_is_said_before_anybody_sits_it(ptassess, tmp_path, text, said):
    (tmp_path / "x.toml").write_text(text)
    status, output = ptassess("exam", "check", tmp_path / "x.toml")
    assert status == 4
    assert said in output
