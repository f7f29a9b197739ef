"""The fixture ``race`` as an author and a candidate meet it: outcomes, credit, evidence, the order of checks, rows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parent / "packs" / "double"
ATTACK = Path(__file__).parent / "attacks" / "clock" / "keeps_the_judge_waiting.py"
CHECKS = """
import pytest
import torch


@pytest.mark.task("double", role="property")
def test_doubles_fast(race, rng):
    \"\"\"It needs no loop.\"\"\"

    def check(out, x):
        assert torch.equal(out, 2 * x), "double(x) is x + x"

    race("double", inputs=lambda: (torch.randn({count}, generator=rng),), check=check, at_least={at_least}{more})


@pytest.mark.task("double")
def test_doubles(solution):
    assert torch.equal(solution.double(torch.ones(2)), torch.full((2,), 2.0))
"""
LOOP = "import torch\n\ndef double(x):\n    return torch.cat([e + e for e in x.split(100)])\n"
FAST = "def double(x):\n    return x + x\n"
HALFWAY = "import torch\n\ndef double(x):\n    return torch.cat([e + e for e in x.split(4_000)])\n"
# Calls that are long beside their inputs: the most precise races there are.
LONG = {pieces: LOOP.replace("100", str(2_000 // pieces)) for pieces in (2_000, 400, 100)}


@pytest.fixture
def pack(tmp_path):
    """A pack whose one task is timed; by default with a reference."""

    def make(at_least=3, reference=FAST, baseline=LOOP, count=100_000, more=""):
        home = tmp_path / "pack" / "double"
        home.mkdir(parents=True)
        for name in ("challenge.py", "brief.md", "starter.py"):
            shutil.copy(PACK / name, home)
        (home / "baseline.py").write_text(baseline)
        # Other tests run beside these: there is more time, and a credit need be no more precise than what is asserted.
        (home / "conftest.py").write_text(
            "from ptassess import races\nfrom ptassess.measure import speed\n\n"
            "races.PATIENCE = 15\nspeed.PRECISION = 0.15\n"
        )
        (home / "test_double.py").write_text(CHECKS.format(at_least=at_least, count=count, more=more))
        if reference:
            (home / "private").mkdir()
            (home / "private" / "reference.py").write_text(reference)
        return home

    return make


@pytest.fixture
def assess(tmp_path):
    """Run pytest on a pack; gives its output and its run file."""

    def run(home, source, *args):
        solutions = tmp_path / "ada" / "solutions"
        solutions.mkdir(parents=True)
        (solutions / ("double.py" if source else "other.py")).write_text(source or "")
        command = [sys.executable, "-m", "pytest", str(home), "--import-mode=importlib", "-p", "no:cacheprovider"]
        command += ["--submission", str(solutions.parent), "--run-file", str(tmp_path / "run.json"), "-v"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {"COLUMNS": "120"}
        done = subprocess.run(
            [*command, *args], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=180, check=False
        )
        checks = json.loads((tmp_path / "run.json").read_text())["checks"]
        return done.stdout + done.stderr, {check["check"]: check for check in checks}

    return run


def test_the_references_pace_has_full_credit_and_its_evidence_is_kept(pack, assess, tmp_path):
    # A call of 20 µs takes no longer than the overhead in a disturbed pair, which is then not compared.
    out, checks = assess(pack(count=400_000), FAST, "--benchmark-json", str(tmp_path / "rows.json"))
    timed = checks["test_doubles_fast"]
    assert (timed["outcome"], timed["credit"], timed["message"]) == ("passed", 1.0, ""), out
    evidence = timed["evidence"]
    assert evidence["times as fast as the baseline"] > 20
    low, high = evidence["95 % interval of that"]
    assert low < evidence["times as fast as the baseline"] < high
    assert evidence["results looked at"] >= 16
    assert len(evidence["seconds per call"]) == evidence["pairs of processes"] >= 6
    low, ratio, high = evidence["A/A control"]
    assert low < ratio < high
    # A row of pytest-benchmark's for each contestant, in one group.
    rows = json.loads((tmp_path / "rows.json").read_text())["benchmarks"]
    assert [row["extra_info"]["contestant"] for row in rows] == ["solution", "baseline", "reference"]
    assert len({row["group"] for row in rows}) == 1
    solution, baseline = (row["stats"]["median"] for row in rows[:2])
    assert baseline / solution > 20
    assert "test_doubles_fast solution" in out


def test_between_the_baseline_and_the_reference_lies_part_of_the_credit_and_the_candidate_reads_why(pack, assess):
    out, checks = assess(pack(reference=LONG[100], baseline=LONG[2_000], count=2_000), LONG[400])
    timed = checks["test_doubles_fast"]
    assert timed["outcome"] == "passed", out
    assert "times as fast as the baseline" in timed["message"], out
    assert 0.4 < timed["credit"] < 0.9
    assert "full credit begins at" in timed["message"]


def test_the_baseline_itself_is_too_slow(pack, assess):
    out, checks = assess(pack(), LOOP)
    timed = checks["test_doubles_fast"]
    assert timed["outcome"] == "failed", out
    assert "at least 3 times is asked for" in timed["message"]


def test_a_wrong_result_while_it_is_timed_fails_whatever_the_speed(pack, assess):
    cheat = "calls = 0\n\ndef double(x):\n    global calls\n    calls += 1\n    return x + x if calls < 3 else x\n"
    out, checks = assess(pack(), cheat)
    assert checks["test_doubles_fast"]["outcome"] == "failed", out
    assert "double(x) is x + x" in checks["test_doubles_fast"]["message"]
    assert checks["test_doubles"]["outcome"] == "passed"


@pytest.mark.parametrize(
    ("source", "said"), [(FAST, "could be read only long after"), (LOOP, "at least 3 times is asked for")]
)
def test_who_keeps_the_judge_from_looking_in_time_fails(pack, assess, source, said):
    hinders = ATTACK.read_text().replace("def solve(a)", "def double(a)").replace("return a @ a", "return inner(a)")
    home = pack()
    conftest = home / "conftest.py"
    conftest.write_text(conftest.read_text().replace("PATIENCE = 15", "PATIENCE = 1"))
    out, checks = assess(home, source.replace("double", "inner") + "\n\n" + hinders)
    timed = checks["test_doubles_fast"]
    assert timed["outcome"] == "failed", out
    # A process that is inside the kernel for a millisecond stands still later than it is told to, now and then.
    assert said in timed["message"] or "had to stand still" in timed["message"]


def test_without_a_reference_what_is_asked_for_decides(pack, assess):
    out, checks = assess(pack(reference=None), HALFWAY)
    timed = checks["test_doubles_fast"]
    assert (timed["outcome"], timed["credit"]) == ("passed", 1.0), out
    assert "the reference, times as fast as the baseline" not in timed["evidence"]


def test_where_the_reference_is_hardly_faster_nobody_is_graded(pack, assess):
    out, checks = assess(pack(baseline=FAST), FAST)
    assert checks["test_doubles_fast"]["outcome"] == "not assessed", out
    assert "graded from 1.5 times on" in checks["test_doubles_fast"]["message"]


def test_the_share_of_the_machine_s_peak_is_shown_and_its_peaks_are_told(pack, assess, tmp_path):
    out, checks = assess(pack(more=", bytes_moved=800_000, flops=100_000"), FAST)
    timed = checks["test_doubles_fast"]
    assert timed["outcome"] == "passed", out
    assert 0 < timed["evidence"]["share of this machine's peak"] < 1.1
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["machine"]["facts"]["peaks"]["cpu_gb_s"] > 0


def test_who_is_faster_than_the_machine_can_be_earns_nothing_and_is_flagged(pack, assess):
    out, checks = assess(pack(more=", flops=1e12"), FAST)  # as if so much work belonged to it
    timed = checks["test_doubles_fast"]
    assert (timed["outcome"], timed["cause"]) == ("failed", "protocol"), out
    assert "impossible: " in timed["message"]
    assert timed["evidence"]["share of this machine's peak"] > 10


def test_a_baseline_that_is_wrong_is_nobodys_fault_but_ours(pack, assess):
    out, checks = assess(pack(baseline="def double(x):\n    return x\n"), FAST)
    assert checks["test_doubles_fast"]["outcome"] == "error", out
    assert "baseline.py" in checks["test_doubles_fast"]["message"]


def test_a_task_that_is_not_attempted_is_not_raced(pack, assess):
    out, checks = assess(pack(), "def double(x):\n    raise NotImplementedError\n")
    assert checks["test_doubles_fast"]["outcome"] == "not attempted", out


def test_without_a_wall_there_is_no_clock(pack, assess):
    out, checks = assess(pack(), FAST, "--isolation=inprocess")
    timed = checks["test_doubles_fast"]
    # A floor: the strongest wall that there is stands in any case.
    assert timed["outcome"] in {"passed", "not assessed"}, out


def test_timed_checks_come_last_and_xdist_has_no_rows(pack, assess, tmp_path):
    out, checks = assess(pack(), FAST, "-n", "1", "--benchmark-json", str(tmp_path / "rows.json"))
    assert list(checks) == ["test_doubles", "test_doubles_fast"], out
    assert "leave -n out" in out


def test_a_solution_that_is_not_there_is_not_attempted(pack, assess):
    out, checks = assess(pack(), None)
    assert checks["test_doubles_fast"]["outcome"] == "not attempted", out
    assert checks["test_doubles_fast"]["message"] == "solutions/double.py is not there"
