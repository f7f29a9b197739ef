"""pytest with a challenge in it behaves as its users expect: outcomes, options, files, exit statuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ptassess.sandbox import choose

PACK = Path(__file__).parent / "packs" / "double"
RIGHT = "def double(x):\n    return x + x\n\n\ndef triple(x):\n    return 3 * x\n"
HALF = "def double(x):\n    return x + x\n\n\ndef triple(x):\n    raise NotImplementedError\n"
WRONG = "def double(x):\n    print('hello')\n    return x\n\n\ndef triple(x):\n    return 3 * x\n"


class Outcome:
    """What a pytest process said and wrote."""

    def __init__(self, process, folder):
        self.status = process.returncode
        self.out = process.stdout + process.stderr
        self.folder = folder

    @property
    def run(self):
        return json.loads((self.folder / "run.json").read_text())

    def outcomes(self):
        return {check["check"]: check["outcome"] for check in self.run["checks"]}


@pytest.fixture
def assess(tmp_path):
    """Run pytest on the pack against a solution's source, in a process of its own."""

    def run(source=None, *args, submission=True, checks=PACK):
        folder = tmp_path / "ada"
        (folder / "solutions").mkdir(parents=True, exist_ok=True)
        if source is not None:
            (folder / "solutions" / "double.py").write_text(source)
        elif submission is True:
            (folder / "solutions" / "other.py").write_text("")
        command = [
            sys.executable,
            "-m",
            "pytest",
            str(checks),
            "--import-mode=importlib",
            "-p",
            "no:cacheprovider",
        ]
        if submission:
            command += [
                "--submission",
                str(folder),
                "--run-file",
                str(tmp_path / "run.json"),
                "--isolation=process",
            ]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {"COLUMNS": "80"}
        process = subprocess.run(
            [*command, *args],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=120,
            check=False,
        )
        return Outcome(process, tmp_path)

    return run


def test_a_right_solution_passes_everything(assess):
    outcome = assess(RIGHT)
    assert outcome.status == 0, outcome.out
    assert set(outcome.outcomes().values()) == {"passed"}
    assert outcome.run["stamp"] == "practice"
    assert outcome.run["isolation"] == choose("process").name
    assert outcome.run["complete"] is True


def test_a_wrong_solution_is_told_what_is_wrong_with_it(assess):
    outcome = assess(WRONG)
    assert outcome.status == 1
    assert outcome.outcomes()["test_doubles"] == "failed"
    assert "double(x) is x + x" in outcome.out
    assert "hello" in outcome.out
    assert "Next" in outcome.out


def test_a_failure_says_what_to_type_next(assess):
    outcome = assess(WRONG)
    assert re.search(r"the same inputs again: pytest \S+::test_doubles --seed \d+", outcome.out)
    assert "stuck? ptassess hint double" in outcome.out


def test_one_cause_of_several_failures_is_told_once(assess):
    outcome = assess("def double(x):\n    raise ValueError('no')\n\n\ndef triple(x):\n    return 3 * x\n")
    assert outcome.outcomes()["test_doubles"] == outcome.outcomes()["test_leaves_its_input_alone"] == "failed"
    assert outcome.out.count("line 2") <= 1, outcome.out
    assert outcome.out.count("the same as in test_doubles above") == 2  # of three that failed


def test_what_pytest_adds_to_a_message_is_left_out(assess):
    outcome = assess("def double(x):\n    return x + x\n\n\ndef triple(x):\n    return [1]\n")
    assert "expected a tensor, got a list" in outcome.out
    assert "isinstance" not in outcome.out


def test_a_submission_that_cannot_be_read_has_failed_and_is_no_error_of_ours(assess, tmp_path):
    (tmp_path / "ada" / "solutions" / "double").mkdir(parents=True)
    (tmp_path / "ada" / "solutions" / "double" / "__init__.py").write_text(RIGHT)
    outcome = assess(RIGHT)
    assert outcome.status == 1, outcome.out
    assert set(outcome.outcomes().values()) == {"failed"}
    assert "both double.py and double/ are there" in outcome.out
    assert "100 %" not in outcome.out


def test_what_is_not_attempted_has_its_own_word_in_the_counts(assess):
    outcome = assess(HALF)
    assert re.search(r"3 passed, 1 not attempted", outcome.out), outcome.out
    assert outcome.status == 0


def test_an_empty_submission_is_no_success(assess):
    outcome = assess(None)
    assert outcome.status == 1, outcome.out
    assert set(outcome.outcomes().values()) == {"not attempted"}
    assert "4 not attempted" in outcome.out


def test_nothing_of_the_closing_table_is_wider_than_80_columns(assess):
    lines = assess(WRONG).out.split("ptassess · ada")[1].split("= short test summary")[0].splitlines()
    assert max(map(len, lines[1:])) <= 80


@pytest.mark.parametrize("arguments", [(), ("-n2",)])
def test_a_run_with_and_without_xdist_stores_the_same(assess, arguments):
    outcome = assess(HALF, *arguments, "--seed=5")
    facts = outcome.run["challenges"][0]
    assert outcome.outcomes() == {
        "test_doubles": "passed",
        "test_leaves_its_input_alone": "passed",
        "test_doubles_whole_numbers": "passed",
        "test_triples": "not attempted",
    }
    assert facts["has_private"] is True
    assert sorted(facts["tasks"][0]["checks"]) == [
        "test_doubles", "test_doubles_whole_numbers", "test_leaves_its_input_alone",
    ]  # fmt: skip
    assert outcome.run["isolation"] == choose("process").name
    assert outcome.run["run_seed"] == 5


def test_the_same_seed_draws_the_same_inputs(assess):
    def drawn(seed):
        run = assess(RIGHT, f"--seed={seed}", "-k", "triples").run
        return run["checks"][0]["evidence"]["largest input"]

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_part_of_the_checks_can_be_chosen(assess):
    outcome = assess(RIGHT, "-k", "triples")
    assert list(outcome.outcomes()) == ["test_triples"]
    assert outcome.run["complete"] is False
    assert "Only a part" in outcome.out


def test_k_finds_the_checks_of_a_task(assess):
    outcome = assess(RIGHT, "-k", "triple")
    assert {check["task"] for check in outcome.run["checks"]} == {"triple"}


def test_a_node_id_can_be_named(assess):
    outcome = assess(RIGHT, checks=f"{PACK}/test_double.py::test_doubles")
    assert list(outcome.outcomes()) == ["test_doubles"]
    assert outcome.run["complete"] is False
    assert "Only a part" in outcome.out


def test_x_stops_at_the_first_failure_and_keeps_what_was_found(assess):
    outcome = assess(WRONG, "-x")
    assert outcome.outcomes() == {"test_doubles": "failed"}
    assert outcome.run["complete"] is False
    assert "1 failed" in outcome.out
    assert re.search(r"- triple +E  did not run", outcome.out)


def test_the_smoke_profile_leaves_expert_tasks_out(assess):
    assert "test_triples" not in assess(RIGHT, "--profile=smoke").outcomes()


def test_junit_tells_outcomes_and_properties(assess):
    outcome = assess(HALF, "--junitxml=junit.xml")
    cases = {case.get("name"): case for case in ET.parse(outcome.folder / "junit.xml").iter("testcase")}
    assert "not attempted" in cases["test_triples"].find("skipped").get("message")
    told = {p.get("name"): p.get("value") for p in cases["test_doubles"].iter("property")}
    assert told["task"] == "double"
    assert told["outcome"] == "passed"
    assert told["credit"] == "1.0"


def test_without_a_submission_one_line_says_what_to_type(assess):
    outcome = assess(submission=False)
    assert outcome.status == 4
    assert "pytest challenges/ --submission DIR" in outcome.out


def test_a_level_that_there_is_not_is_told_before_anything_is_collected(assess):
    outcome = assess(None, "--collect-only", "--isolation", "loked", submission=False)
    assert outcome.status == 4
    assert "--isolation loked: no such level; there are inprocess, process, locked, namespaced" in outcome.out


def test_an_ide_can_collect_without_a_submission(assess):
    outcome = assess(None, "--collect-only", "-q", submission=False)
    assert outcome.status == 0
    assert "test_double.py::test_doubles" in outcome.out


def test_inprocess_is_named_for_what_it_is(assess):
    outcome = assess(RIGHT, "--isolation=inprocess")
    assert outcome.status == 0, outcome.out
    assert "no wall at this level" in outcome.out


def test_another_import_mode_is_refused_with_the_reason(assess):
    outcome = assess(RIGHT, "--import-mode=prepend")
    assert outcome.status == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--submission", "nowhere"), "no such submission"),
        (("--seed", "abc"), "give a whole number"),
        (("--profile", "tiny"), "choose one of smoke, full, gpu"),
        (("--isolation", "castle"), "castle"),
        (("--run-file", "/proc/nowhere/run.json"), "name another place"),
    ],
)
def test_bad_options_get_one_line(assess, arguments, said):
    outcome = assess(RIGHT, *arguments)
    assert outcome.status == 4, outcome.out
    assert said in outcome.out
    assert "Traceback" not in outcome.out
    assert "INTERNALERROR" not in outcome.out


WAYS_TO_GO_WRONG = [
    ("def double(x:\n", "failed", "missing", "double.py, line 1"),
    ("import nowhere_at_all\n", "failed", "missing", "nowhere_at_all"),
    ("raise SystemExit(0)\n", "failed", "missing", "cannot be imported"),
    ("def other(x): ...\n", "failed", "missing", "defines no function 'double'"),
    ("double = 3\n", "failed", "value", "not a function"),
    ("class double: ...\n", "failed", "value", "is a class"),
    ("def double(): return 1\n", "failed", "raised", "double is called as double(Tensor)"),
    ("def double(x): return [1]\n", "failed", None, "double(x) is x + x"),
    ("def double(x): return None\n", "failed", None, "double(x) is x + x"),
    ("import math\ndef double(x): return math\n", "failed", "value", "returned a module"),
    ("def double(x): return x.numpy()\n", "failed", "value", "return a torch.Tensor"),
    ("def double(x): yield x\n", "failed", "value", "generator"),
    ("import os\ndef double(x): os._exit(0)\n", "failed", "crash", "ended its own process with status 0"),
    ("import ctypes\ndef double(x): ctypes.string_at(0)\n", "failed", "crash", "SIGSEGV"),
    ("def double(x):\n    while True: pass\n", "failed", "timeout", "did not return within 2 s"),
    ("def double(x): return bytearray(b'x') * 2**31\n", "failed", "memory", "more than 256 MiB"),
    ("def double(x): raise ValueError('no')\n", "failed", "raised", "ValueError: no"),
    ("def double(x): raise KeyboardInterrupt\n", "failed", "raised", "KeyboardInterrupt"),
    ("def double(x): raise NotImplementedError\n", "not attempted", None, "still raises NotImplementedError"),
    (None, "not attempted", None, "is not there"),
    ("def double(x): return x + x\n", "passed", None, ""),  # and after all these the judge is well
]


@pytest.fixture(scope="module")
def wrong_ways(tmp_path_factory):
    """One pytest process over all of them: what each check found, by index."""
    folder = tmp_path_factory.mktemp("ways")
    plan = []
    for index, (source, *_) in enumerate(WAYS_TO_GO_WRONG):
        path = folder / str(index) / "double.py"
        path.parent.mkdir()
        if source is not None:
            path.write_text(source)
        plan.append({"id": str(index), "solution": str(path) if source else None, "checks": ["test_doubles"]})
    (folder / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, "-m", "pytest", str(PACK), "--import-mode=importlib", "-p", "no:cacheprovider"]
    command += [
        "--isolation=process",
        f"--ptassess-matrix={folder}/plan.json",
        f"--ptassess-matrix-out={folder}/out.jsonl",
    ]
    process = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)
    lines = (folder / "out.jsonl").read_text().splitlines()
    assert len(lines) == len(plan), process.stdout + process.stderr
    return {int(line["id"]): line["result"] for line in map(json.loads, lines)}


@pytest.mark.parametrize("index", range(len(WAYS_TO_GO_WRONG)), ids=lambda i: str(WAYS_TO_GO_WRONG[i][0])[:40].strip())
def test_each_way_to_go_wrong_has_its_cause_and_its_line(wrong_ways, index):
    _, outcome, cause, said = WAYS_TO_GO_WRONG[index]
    check = wrong_ways[index]
    assert (check["outcome"], check["cause"]) == (outcome, cause), check
    assert said in check["message"]
    assert "\n" not in check["message"]


def test_another_projects_run_notices_nothing(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import sys\n"
        "def test_mine(pytestconfig):\n"
        "    assert not {'torch', 'jinja2', 'msgspec', 'pandas', 'ptassess.assessment'} & set(sys.modules)\n"
        "    assert not pytestconfig.pluginmanager.hasplugin('ptassess-fixtures')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert process.returncode == 0, process.stdout
