"""`ptassess race`: a slow-down between two revisions is found, none is made up, and nothing is left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ptassess import cli
from ptassess.errors import UserError
from ptassess.measure import checkouts, revisions, stats
from ptassess.measure.checkouts import BASE, HEAD
from ptassess.measure.lock import DeviceLock
from ptassess.measure.revision_process import Setting

CODE = """
UNITS = {units}

def loop(units=UNITS):
    total = 0
    for i in range(20 * units):
        total ^= i
    return total
"""
SPEED = """
import pkg

def test_changed(benchmark):
    benchmark(pkg.loop)

def test_same():
    pkg.loop(100)
"""


def git(folder, *arguments):
    return subprocess.run(
        ["git", "-C", folder, "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository in which this process stands; gives a function that writes files and commits them."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    DeviceLock()  # makes the folder of the lock that all tests share, though each has temporary files of its own
    common = f"ptassess-{os.getuid()}"
    (temporary / common).symlink_to(Path(tempfile.gettempdir()) / common)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # half of a worker's start
    monkeypatch.chdir(root)

    def write(*, commit=True, **files):
        for name, text in files.items():
            path = root / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if commit:
            git(root, "add", ".")
            git(root, "commit", "-q", "-m", "one")

    yield write
    assert len(git(root, "worktree", "list").splitlines()) == 1, "no checkout is left behind"
    assert not list(temporary.glob("ptassess-race-*"))


@pytest.fixture
def race(monkeypatch, capsys):
    """Run `ptassess race ARGUMENTS`; gives its status, and what it printed."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ptassess", "race", *map(str, arguments)])
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


@pytest.fixture
def hurry(monkeypatch):
    """Short pairs, of which ``--seconds 0.04`` is two: for tests that ask for no precision."""
    monkeypatch.setattr(revisions, "LEAST_PAIRS", 2)
    monkeypatch.setattr(revisions, "PAIR_SECONDS", 0.02)


@pytest.fixture
def ends_of(tmp_path, race):
    """Race the working tree against the last commit; gives the status, and each test's facts by its name."""

    def run(*arguments):
        status, said = race("--base", "HEAD", "--seconds", 0.04, "--json", tmp_path / "facts.json", *arguments)
        assert (tmp_path / "facts.json").is_file(), said
        tests = json.loads((tmp_path / "facts.json").read_text())["tests"]
        return status, {fact["test"].rpartition("::")[2]: fact for fact in tests}

    return run


def test_a_slow_down_is_found_and_what_has_not_changed_is_not_called_slower(project, race, tmp_path):
    # 30 % here, so that a busy machine cannot hide it; benchmarks/revisions.py has 5 %, twenty times
    project(pkg=CODE.format(units=100), test_speed=SPEED)
    project(pkg=CODE.format(units=130))
    status, said = race("--base", "HEAD~1", "--seconds", 4, "--json", tmp_path / "facts.json", "test_speed.py")
    facts = json.loads((tmp_path / "facts.json").read_text())
    changed, same = facts["tests"]
    assert (status, changed["verdict"]) == (1, "slower"), said
    assert same["verdict"] != "slower", said
    assert changed["deciding_interval"][0] - 0.02 < 100 / 130 < changed["deciding_interval"][1] + 0.02
    assert changed["pairs"] >= 6
    assert len(changed["log_ratios"]) == changed["pairs"]
    assert 0 < changed["base_seconds"] < changed["head_seconds"]
    assert facts["asked"]["base"] == "HEAD~1"
    assert len(facts["base_commit"]) == len(facts["head_commit"]) == 40
    assert str(Path.cwd()) not in json.dumps(facts)
    assert "slower" in said
    assert "99.5 % decides" in said


def test_head_is_the_files_as_they_are_with_new_ones_and_stays_as_it_is(project, hurry, ends_of):
    project(pkg="VALUE = 1\n", gone="", test_it="import pkg\ndef test_it(): assert pkg.VALUE\n")
    Path("gone.py").unlink()
    project(commit=False, pkg="VALUE = 0\n", new="", test_new="import new\ndef test_new(): pass\n")
    git(".", "add", "pkg.py")
    before = git(".", "status", "--short")
    status, found = ends_of(".")
    assert status == 1
    assert (found["test_it"]["verdict"], found["test_it"]["why"]) == ("failed", "failed in head: assert 0")
    assert found["test_new"]["verdict"] == "not compared"
    assert "new in head; base says ModuleNotFoundError: No module named 'new'" in found["test_new"]["why"]
    assert [line for line in git(".", "status", "--short").splitlines() if "pycache" not in line] == before.splitlines()


def test_a_new_test_of_old_code_is_compared_unless_each_revision_has_its_own(project, hurry, ends_of):
    project(pkg=CODE.format(units=5))
    project(commit=False, test_speed=SPEED)
    assert "ratio" in ends_of("test_speed.py")[1]["test_changed"]
    status, found = ends_of("--tests-from", "own", "test_speed.py")
    assert status == 10
    assert {fact["why"] for fact in found.values()} == {"new in head"}


def test_what_cannot_be_timed_says_why(project, hurry, ends_of):
    project(
        test_odd="""
import time, unittest
import pytest

def test_once(tmp_path):
    (tmp_path / "a").mkdir()

@pytest.mark.benchmark(group="a")
def test_pedantic(benchmark):
    def check(values): assert values == [1, 2, 3]
    benchmark.extra_info["a"] = 1
    made = benchmark.pedantic(sorted, setup=lambda: (([3, 1, 2],), {}), teardown=check_not, rounds=3)
    assert made == [1, 2, 3] and benchmark.disabled

def check_not(values): assert values == [3, 1, 2]

def test_wrong_after(benchmark):
    assert benchmark(lambda n: n + 1, n=1) == 3

def test_twice(benchmark):
    benchmark(int), benchmark(int)

async def test_async(): pass

class TestCase(unittest.TestCase):
    def test_method(self): pass

@pytest.mark.skip(reason="not now")
def test_skip(): pass

def test_unused(benchmark): pass
"""
    )
    status, found = ends_of("test_odd.py")
    assert {fact["verdict"] for fact in found.values() if "why" in fact} == {"not compared"}
    assert status in {0, 10}  # test_pedantic takes microseconds, and has had two short pairs
    whys = {name: fact.get("why") for name, fact in found.items()}
    assert whys.pop("test_once").startswith("failed in both: FileExistsError")
    nothing = "skipped in both: nothing was timed: it is no test function, or did not call its benchmark"
    assert whys == {
        "test_pedantic": None,
        "test_wrong_after": "failed in both: assert 2 == 3",
        "test_twice": "failed in both: Failed: benchmark can be used once in a test",
        "test_async": "skipped in both: a coroutine cannot be timed",
        "test_method": nothing,
        "test_skip": "skipped in both: not now",
        "test_unused": nothing,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--base", "nope", "test_it.py"), "nope: no such revision in .*; `git branch --all` and"),
        (("--base", "HEAD", "nope.py"), "pytest in head: file or directory not found: nope.py"),
        (("--base", "HEAD", "pkg.py"), "pkg.py: no test found in head"),
        (("--base", "HEAD", "--margin", "2", "."), "--margin 2: a share between 0 and 1"),
        (("--base", "HEAD", "--seconds", "nan", "."), "--seconds nan: between 0 and a day"),
        (("--base", "HEAD", "--tests-from", "x", "."), "--tests-from x: `head` or `own`"),
        (("--base", "HEAD", "../x.py"), "../x.py: not below .*"),
        (("--base", "HEAD", "--", "test_it.py", "-x"), "-x: options of pytest are not taken"),
        (("--base", "HEAD", "--python", "/nope", "."), "/nope: No such file or directory; --python"),
        (("--base", "HEAD", "--prepare", "echo no; false", "."), "--prepare 'echo no; false': status 1 in base: no"),
        (("--base", "HEAD", "--json", "/nope/x", "."), "--json /nope/x: no such folder; make it first"),
        (("--base", "HEAD", "broken.py"), "broken.py: cannot be collected in head: ModuleNotFoundError: .*'nowhere'"),
        (("--base", "HEAD", "test_dies.py"), "test_dies.py::test_dies: pytest in .* ended or left it out: status 3"),
    ],
)
def test_a_mistake_gets_one_line_and_status_4(project, race, hurry, arguments, said):
    project(
        pkg="",
        test_it="def test_it(): pass\n",
        broken="import nowhere\n",
        test_dies="import os\ndef test_dies(): os._exit(3)\n",
    )
    status, printed = race(*arguments)
    assert status == 4
    assert len(printed.splitlines()) == 1
    assert re.match(f"ptassess: {said}", printed), printed


def test_a_folder_outside_of_git_is_told(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert race("--base", "HEAD", ".") == (
        4,
        f"ptassess: {tmp_path}: not inside a git repository; go to the project's folder\n",
    )


def test_a_package_that_does_not_come_from_the_checkout_is_told(project, race, tmp_path):
    project(pkg="", test_it="import pkg\ndef test_it(): pass\n")
    elsewhere = tmp_path / "site" / "pkg.py"
    elsewhere.parent.mkdir()
    elsewhere.write_text("")
    project(commit=False, conftest=f"import sys\nsys.path.insert(0, {str(elsewhere.parent)!r})\nimport pkg\n")
    status, said = race("--base", "HEAD", "test_it.py")
    assert status == 4
    assert f"pkg: imported from {elsewhere}, not from the checkout of head" in said
    assert "`pip uninstall pkg`" in said


def write_package(folder):
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder that stands for the environment's site-packages: what the checkout has comes before it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    return tmp_path / "site"


@pytest.mark.parametrize(("place", "name"), [("lib/pkg", "pkg"), ("lib/company/pkg", "company.pkg"), ("pkg", "pkg")])
def test_a_package_that_is_installed_is_not_taken_for_both_revisions(project, race, site, place, name):
    """Not editable: its copy would be imported on both sides, so that any change would be called the same."""
    installed = site / name.replace(".", "/")
    write_package(installed)
    write_package(Path(place))
    project(tests__test_it=f"import {name}\ndef test_it(): pass\n")
    if place == "pkg":  # what lies at the top comes first, unless somebody puts another folder before it
        project(tests__conftest=f"import sys\nsys.path.insert(0, {str(site)!r})\n")
    os.chdir("tests")  # `project` goes back
    status, said = race("--base", "HEAD", "test_it.py")
    assert status == 4
    assert said.startswith(f"ptassess: {name}: imported from {installed}/__init__.py, not from the checkout of head; ")


def test_below_the_top_the_package_at_the_top_comes_before_one_that_is_installed(project, site, monkeypatch):
    write_package(site / "pkg")
    write_package(Path("pkg"))
    project(tests__test_it="import pkg\nassert 'ptassess-race-' in pkg.__file__\ndef test_it(): pass\n")
    monkeypatch.chdir("tests")
    repository = checkouts.Repository.around(Path.cwd())
    with repository.checked_out("HEAD", None) as folders:
        assert revisions.collect(setting_of(folders, repository), HEAD, ["."]) == (["test_it.py::test_it"], {})


def test_what_base_cannot_begin_to_collect_is_not_compared_and_spoils_no_other_test(project, hurry, ends_of):
    project(pkg="", test_it="def test_it(): pass\n")
    project(
        commit=False, pkg="NEW = 1\n", sub__conftest="from pkg import NEW\n", sub__test_new="def test_new(): pass\n"
    )
    _, found = ends_of("test_it.py", "sub/test_new.py")
    assert found["test_new"]["verdict"] == "not compared"
    assert found["test_new"]["why"].startswith("new in head; base says pytest in base: ImportError: cannot import name")
    assert "ratio" in found["test_it"]


def test_what_fails_in_head_alone_fails_and_what_fails_in_both_is_not_compared(project, hurry, ends_of):
    project(pkg="VALUE = 1\n", test_it="import pkg\ndef test_it(): assert pkg.VALUE\ndef test_never(): assert 0\n")
    project(commit=False, pkg="VALUE = 0\n")
    status, found = ends_of("test_it.py")
    assert status == 1
    assert (found["test_it"]["verdict"], found["test_it"]["why"]) == ("failed", "failed in head: assert 0")
    assert (found["test_never"]["verdict"], found["test_never"]["why"]) == ("not compared", "failed in both: assert 0")


def test_a_conftest_above_and_what_makes_a_package_of_a_new_folder_are_copied_and_no_code_is(project, tmp_path):
    base, head = tmp_path / "base", tmp_path / "head"
    for root in (base, head):
        (root / "pkg").mkdir(parents=True)
        (root / "pkg" / "__init__.py").write_text(root.name)
    (head / "conftest.py").write_text("")
    write_package(head / "pkg" / "tests")
    (head / "pkg" / "tests" / "test_it.py").write_text("")
    checkouts.copy_tests(["pkg/tests/test_it.py"], head, base)
    assert (base / "conftest.py").is_file()
    assert (base / "pkg" / "tests" / "__init__.py").is_file()
    assert (base / "pkg" / "__init__.py").read_text() == "base"


def test_a_tree_whose_files_have_become_folders_and_the_other_way_round_is_checked_out(project):
    project(a="1", b__c="2")
    Path("a.py").unlink()
    Path("b/c.py").unlink()
    Path("b").rmdir()
    Path("b").write_text("3")
    Path("a.py").mkdir()
    Path("a.py/d").write_text("4")
    repository = checkouts.Repository.around(Path.cwd())
    with repository.checked_out("HEAD", None) as folders:
        assert (folders[HEAD] / "b").read_text() == "3"
        assert (folders[HEAD] / "a.py" / "d").read_text() == "4"


def test_a_file_that_cannot_be_copied_gets_a_line(project, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    project(a="")
    project(commit=False, a="1")
    monkeypatch.setattr("shutil.copy2", refuse)
    repository = checkouts.Repository.around(Path.cwd())
    said = r"a\.py: cannot be copied into a checkout \(Permission denied\)"
    with pytest.raises(UserError, match=said), repository.checked_out("HEAD", None):
        pass


def test_a_link_that_leads_to_the_users_own_files_is_not_written_through(project, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "test_it.py").write_text("1")
    for root in ("base", "head"):
        (tmp_path / root).mkdir()
        (tmp_path / root / "tests").symlink_to(tmp_path / "mine")
    checkouts.copy_tests(["tests/test_it.py"], tmp_path / "head", tmp_path / "base")
    assert (tmp_path / "mine" / "test_it.py").read_text() == "1"


def test_other_worktrees_hooks_and_the_variables_of_a_hook_are_left_alone(project, tmp_path, monkeypatch):
    project(a="")
    git(".", "worktree", "add", "--detach", tmp_path / "away", "HEAD")
    (tmp_path / "away").rename(tmp_path / "for_now")  # on a disk that is not mounted, say
    hook = Path(".git/hooks/post-checkout")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    with checkouts.Repository.around(Path.cwd()).checked_out("HEAD", None) as folders:
        assert (folders[BASE] / "a.py").is_file()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path / "project")
    assert "away" in git(".", "worktree", "list")
    assert not (tmp_path / "ran").exists()
    git(".", "worktree", "prune")


def test_a_race_of_one_commit_with_itself_says_so(project, race, hurry):
    project(test_it="def test_it(): pass\n")
    assert "Base and head are one commit" in race("--base", "HEAD", "--seconds", 0.04, "test_it.py")[1]


def test_what_has_no_end_is_null_in_json():
    from ptassess.commands import race

    assert race._for_json({"interval": [0.0, float("inf")]}) == {"interval": [0.0, None]}


def setting_of(folders, repository, **more):
    return Setting(folders=folders, repository=repository.root, below=repository.below, **more)


def test_what_points_into_the_users_files_is_taken_from_the_checkout(project, monkeypatch):
    """As an editable install does, by a line in a .pth file."""
    seen = "import pkg\nassert 'ptassess-race-' in pkg.__file__, pkg.__file__\ndef test_it(): pass\n"
    project(lib__pkg="", below__test_it=seen)
    monkeypatch.setenv("PYTHONPATH", str(Path("lib").resolve()))
    monkeypatch.chdir("below")
    repository = checkouts.Repository.around(Path.cwd())
    with repository.checked_out("HEAD", None) as folders:
        assert revisions.collect(setting_of(folders, repository), HEAD, ["."]) == (["test_it.py::test_it"], {})


def test_a_project_that_is_configured_for_pytest_benchmark_and_xdist_is_run(project, monkeypatch):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    project(
        test_it="import pytest\n@pytest.mark.benchmark(group='a')\ndef test_it(benchmark): benchmark(int)\n",
        conftest="def pytest_benchmark_update_json(config, benchmarks, output_json): pass\n",
    )
    Path("pytest.ini").write_text("[pytest]\naddopts = --benchmark-autosave -n2 --strict-markers --lf -x\n")
    repository = checkouts.Repository.around(Path.cwd())
    with repository.checked_out("HEAD", None) as folders:
        setting = setting_of(folders, repository)
        assert revisions.collect(setting, HEAD, ["test_it.py"]) == (["test_it.py::test_it"], {})
        assert len(str(folders[BASE])) == len(str(folders[HEAD]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_when_it_is_interrupted_nothing_is_left_behind(project, tmp_path, number):
    project(test_it="import time\ndef test_it(): time.sleep(0.05)\n")
    # A shell that starts a job in the background has it ignore SIGINT, which is inherited.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from ptassess.cli import main; main()"
    command = [sys.executable, "-c", code, "race", "--base", "HEAD", "test_it.py"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 20
        checked_out = "ptassess-race-*/head/test_it.py"
        while not list((tmp_path / "temporary").glob(checked_out)) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.5)  # into collecting, or the first pair
        process.send_signal(number)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.90, 0.97, "slower"),
        (0.97, 0.99, "inconclusive"),
        (0.90, 1.10, "inconclusive"),
        (0.985, 1.015, "same"),
        (0.99, 1.05, "not slower"),
        (1.03, 1.05, "faster"),
    ],
)
def test_the_verdict_is_where_the_interval_lies(low, high, verdict):
    ratio = stats.Ratio(value=(low * high) ** 0.5, low=low, high=high, spread=0.01, pairs=6)
    assert revisions.judge(ratio, 0.02) == verdict


def test_several_tests_together_err_as_seldom_as_one():
    assert revisions.confidence_for(1) == pytest.approx(stats.DECIDES)
    assert revisions.confidence_for(10) == pytest.approx(0.999)
