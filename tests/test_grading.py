"""The grading door cannot be steered from a submission; each attack succeeds in practice, its positive control."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ptassess import judging, sources
from ptassess.errors import SubmissionError, UserError
from ptassess.grading import find, grade, score_of

PACK = Path(__file__).parent / "packs" / "double"
PTASSESS = Path(sys.executable).with_name("ptassess")
WRONG = "def double(x): return x\ndef triple(x): return x\n"
RIGHT = "def double(x): return x + x\ndef triple(x): return 3 * x\n"

# Turns every failure into a pass, in pytest's report and in ours.
EVIL = """
import pytest

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    report.outcome, report.longrepr = "passed", None
    if hasattr(report, "ptassess"):
        report.ptassess.update(outcome="passed", credit=1.0, cause=None)
"""

# Stands in for a module that ptassess imports, hands the real one on, and rewrites the verdict.
SHADOW = """
import sys
here = sys.path.pop(0)
del sys.modules["psutil"]
import psutil
sys.path.insert(0, here)
import ptassess.assessment
ptassess.assessment.outcome_of = lambda when, error: "passed"
"""


def kit(folder, source=WRONG, name="mallory"):
    root = folder / name
    (root / "solutions").mkdir(parents=True)
    (root / "solutions" / "double.py").write_text(source)
    shutil.copytree(PACK, root / "challenges" / "double", ignore=shutil.ignore_patterns("private", "__pycache__"))
    return root


def by_conftest(root):
    (root / "conftest.py").write_text(EVIL)
    return {}


def by_ini(root):
    (root / "evil.py").write_text(EVIL)
    (root / "pytest.ini").write_text("[pytest]\naddopts = -p evil\n")
    return {}


def by_environment(root):
    (root / "evil.py").write_text(EVIL)
    return {"PYTEST_ADDOPTS": "-p evil"}


def by_shadowing_the_working_folder(root):
    (root / "psutil.py").write_text(SHADOW)
    return {}


def by_planted_plugin(root):
    site = root / "site"
    (site / "evil-1.0.dist-info").mkdir(parents=True)
    (site / "evil.py").write_text(EVIL)
    (site / "evil-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (site / "evil-1.0.dist-info" / "entry_points.txt").write_text("[pytest11]\nevil = evil\n")
    return {"PYTHONPATH": str(site)}


def by_virtual_environment_in_the_submission(root):
    tools = root / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("python", "python3", "pytest", "git"):
        fake = tools / name
        fake.write_text(
            '#!/bin/sh\nfor a in "$@"; do case $a in */run.json) echo \'{"checks": []}\' > "$a";; esac; done\n'
        )
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(root / ".venv")}


ATTACKS = [
    by_conftest,
    by_ini,
    by_environment,
    by_shadowing_the_working_folder,
    by_planted_plugin,
    by_virtual_environment_in_the_submission,
]


def clean_environment(extra):
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))} | extra


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_that_fools_practice_does_not_fool_grading(attack, tmp_path):
    root = kit(tmp_path)
    environment = clean_environment(attack(root))

    practice = tmp_path / "practice" / "run.json"
    practice.parent.mkdir()
    python = "python" if "VIRTUAL_ENV" in environment else sys.executable
    command = [
        "/usr/bin/env",
        python,
        "-m",
        "pytest",
        "challenges",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
    ]
    command += ["--submission", ".", "--isolation=process", "--run-file", str(practice)]
    control = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert practice.is_file(), control.stdout + control.stderr
    assert {check["outcome"] for check in json.loads(practice.read_text())["checks"]} <= {"passed"}, control.stdout

    out = tmp_path / "graded"
    command = [str(PTASSESS), "grade", str(root), "--out", str(out), "--pack", str(PACK), "--only", "double"]
    graded = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (out / "mallory" / "run.json").is_file(), graded.stdout + graded.stderr
    run = json.loads((out / "mallory" / "run.json").read_text())
    assert run["stamp"] == "graded"
    assert {check["check"]: check["outcome"] for check in run["checks"]} == {
        "test_doubles": "failed",
        "test_leaves_its_input_alone": "failed",
        "test_triples": "failed",
        "test_doubles_whole_numbers": "failed",
    }


def test_many_submissions_are_graded_and_ranked_and_a_bad_one_is_a_row(tmp_path):
    cohort = tmp_path / "cohort"
    kit(cohort, RIGHT, "ada")
    kit(cohort, WRONG, "bob")
    (cohort / "eve").mkdir()
    submissions = find([cohort])
    assert "3 submissions" in submissions.told
    seen = []
    results = grade(submissions, tmp_path / "out", packs=[PACK], only=["double"], seed=3, progress=seen.append)
    assert [(graded.name, score_of(graded)) for graded in results] == [("ada", 100), ("bob", 0), ("eve", 0)]
    assert results[2].run is None
    assert "no folder solutions/" in results[2].reason
    assert {graded.name for graded in seen} == {"ada", "bob", "eve"}
    page = (tmp_path / "out" / "index.html").read_text()
    places = [page.index(text) for text in ("ada/scorecard.html", "bob/scorecard.html", "no folder solutions/")]
    assert places == sorted(places)
    assert (tmp_path / "out" / "ada" / "scorecard.html").is_file()


def test_a_folder_with_solutions_is_one_submission(tmp_path):
    assert find([kit(tmp_path)]).submissions == [tmp_path / "mallory"]


def test_a_folder_without_anything_is_refused(tmp_path):
    with pytest.raises(SubmissionError, match="neither a submission"):
        find([tmp_path])


def test_an_unknown_competency_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UserError, match=r"tripel: no such competency; there are: .*double"):
        grade([kit(tmp_path)], tmp_path / "out", packs=[PACK], only=["tripel"])


def test_an_unwritable_folder_is_refused_before_anything_is_graded(tmp_path):
    with pytest.raises(UserError, match="name another folder"):
        grade([kit(tmp_path)], Path("/proc/nowhere"), packs=[PACK], only=["double"])


def test_a_submission_named_twice_keeps_both_results(tmp_path):
    first, second = kit(tmp_path / "a", RIGHT, "ada"), kit(tmp_path / "b", WRONG, "ada")
    results = grade([first, second], tmp_path / "out", packs=[PACK], only=["double"], jobs=2)
    assert [(graded.name, score_of(graded)) for graded in results] == [("ada", 100), ("ada-2", 0)]


PLUGIN = """
from ptassess import hookimpl
from ptassess.hookspecs import Executor, Page
from ptassess.result import Finding


@hookimpl
def ptassess_findings(submission):
    for path in sorted((submission / "solutions").glob("*.py")):
        yield Finding(challenge=path.stem, title="a file", file=path.name, line=1)


@hookimpl
def ptassess_cohort_finished(results, challenges, private, out):
    names = " ".join(sorted(graded.name for graded in results))
    (out / "names.html").write_text(names)
    yield Page(href="names.html", title=f"{len(challenges)} challenge, {len(private) > 0}", summary=names)
    yield "no page"


@hookimpl
def ptassess_run_finished(run, path):
    raise RuntimeError("the network is down")


@hookimpl
def ptassess_executors():
    return Executor(name="backwards", summary="x", map=lambda grade, paths, jobs: [grade(p) for p in paths[::-1]][::-1])
"""


def test_plugins_of_a_pack_point_at_things_run_the_grading_and_cannot_break_it(tmp_path):
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack / "challenges" / "double", ignore=shutil.ignore_patterns("__pycache__"))
    (pack / "plugins" / "nosy").mkdir(parents=True)
    (pack / "plugins" / "nosy" / "plugin.py").write_text(PLUGIN)
    submissions = [kit(tmp_path, RIGHT, "ada"), kit(tmp_path, WRONG, "bob")]
    how = {"packs": [pack], "only": ["double"], "executor": "backwards"}
    results = grade(submissions, tmp_path / "out", **how)
    assert [(graded.name, score_of(graded)) for graded in results] == [("ada", 100), ("bob", 0)]
    (finding,) = results[0].run.findings
    assert (finding.title, finding.file) == ("a file", "double.py")
    (note,) = results[0].notes
    assert note.endswith("ptassess_run_finished raised RuntimeError: the network is down")
    assert RIGHT.splitlines()[0] in finding.excerpt
    index = (tmp_path / "out" / "index.html").read_text()
    assert "1 challenge, True</a>: ada bob" in index
    assert 'href="./names.html"' in index
    assert 'href="./ada/findings.html"' in index
    assert "a file" in (tmp_path / "out" / "ada" / "findings.html").read_text()
    assert "a file" not in (tmp_path / "out" / "ada" / "scorecard.html").read_text()
    assert sources.load(tmp_path / "out" / "ada" / "sources.json").texts == {"double.py": RIGHT}


@pytest.mark.parametrize(("name", "told"), [("findings", "a word"), ("cohort_finished", "another word")])
def test_a_plugin_that_breaks_changes_no_score_and_is_said_to_the_team(tmp_path, name, told):
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack / "challenges" / "double", ignore=shutil.ignore_patterns("__pycache__"))
    (pack / "plugins" / "broken").mkdir(parents=True)
    text = f"from ptassess import hookimpl\n@hookimpl\ndef ptassess_{name}():\n    raise RecursionError({told!r})\n"
    (pack / "plugins" / "broken" / "plugin.py").write_text(text)
    (graded,) = grade([kit(tmp_path, RIGHT, "ada")], tmp_path / "out", packs=[pack], only=["double"])
    assert score_of(graded) == 100
    said = " ".join(graded.run.notes) + (tmp_path / "out" / "index.html").read_text()
    assert f"ptassess_{name} raised RecursionError: {told}" in said


def test_code_that_breaks_a_parser_is_graded_as_ever_and_not_looked_at(tmp_path):
    folder = kit(tmp_path, RIGHT, "ada")
    (folder / "solutions" / "deep.py").write_text("x = " + "(" * 9000)
    (graded,) = grade([folder], tmp_path / "out", packs=[PACK], only=["double"])
    assert score_of(graded) == 100
    assert [(one.code, one.file) for one in graded.run.findings] == [("PT001", "deep.py")]
    assert graded.findings == tmp_path / "out" / "ada" / "findings.html"
    assert "deep.py" in (tmp_path / "out" / "similarity.html").read_text()


def parent_of_the_supervisor(what):
    """A right solution that does something to the judge in its first call."""
    return f"""
import os, signal, time

def judge():
    status = open(f"/proc/{{os.getppid()}}/status").read()
    return int(status.split("PPid:")[1].split()[0])

def double(x):
    {what}
    time.sleep(0.3)
    return x + x

def triple(x):
    return x
"""


@pytest.fixture
def heeds_interrupts():
    """As in a terminal; what a shell starts in the background ignores SIGINT, and its children do too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def at_process(monkeypatch):
    """Judges at the level ``process``: what these solutions do the stronger ones deny."""
    wait = judging._wait

    def weakly(command, *rest):
        return wait([*command, "--ptassess-exactly", "process"], *rest)

    monkeypatch.setattr(judging, "_wait", weakly)


@pytest.mark.usefixtures("heeds_interrupts", "at_process")
def test_a_judge_that_a_solution_has_cut_off_gives_no_score(tmp_path):
    source = parent_of_the_supervisor("os.kill(judge(), signal.SIGINT)")
    (graded,) = grade([kit(tmp_path, source)], tmp_path / "out", packs=[PACK], only=["double"])
    assert graded.run is None
    assert "its judge was interrupted" in graded.reason


@pytest.mark.usefixtures("at_process")
def test_a_judge_that_a_solution_has_stopped_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("ptassess.grading._START_SECONDS", 20.0)
    monkeypatch.setattr("ptassess.grading._CALLS", 1)
    source = parent_of_the_supervisor("os.kill(judge(), signal.SIGSTOP)")
    submissions = [kit(tmp_path, source, "mallory"), kit(tmp_path, RIGHT, "ada")]
    results = grade(submissions, tmp_path / "out", packs=[PACK], only=["double"])
    assert "did not end within 23 s" in results[0].reason
    assert score_of(results[1]) == 100


@pytest.mark.usefixtures("at_process")
def test_files_that_a_solution_changes_while_it_is_judged_earn_nothing_more(tmp_path):
    source = """
from pathlib import Path

def double(x):
    Path(__file__).write_text("def double(x): return x + x\\ndef triple(x): return 3 * x\\n")
    return x

def triple(x):
    return x
"""
    (graded,) = grade([kit(tmp_path, source)], tmp_path / "out", packs=[PACK], only=["double"])
    assert score_of(graded) == 0
    assert "changed while it was judged" in {check.check: check.message for check in graded.run.checks}["test_triples"]
    assert graded.run.submission.files == {"double.py": len(source.encode())}


def test_trouble_with_one_submission_is_not_the_end_of_the_others(tmp_path):
    bad, good = kit(tmp_path, RIGHT, "bad"), kit(tmp_path, RIGHT, "good")
    deep = bad / "solutions"
    for _ in range(15):  # fits where it lies, and not where it would be copied to
        deep /= "d" * 240
    try:
        deep.mkdir(parents=True)
    except OSError:
        pytest.skip("this file system has shorter paths")
    (deep / "x.py").write_text("")
    results = grade([bad, good], tmp_path / "out", packs=[PACK], only=["double"])
    assert score_of(results[1]) == 100
    assert results[0].run is not None or results[0].reason


def test_a_name_that_looks_like_an_option_is_a_name(tmp_path):
    (graded,) = grade([kit(tmp_path, RIGHT, "-x")], tmp_path / "out", packs=[PACK], only=["double"])
    assert score_of(graded) == 100


def test_one_folder_named_twice_is_one_submission(tmp_path):
    folder = kit(tmp_path)
    assert len(find([folder, folder / ".." / folder.name]).submissions) == 1
