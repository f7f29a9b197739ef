"""A check whose worker somebody outside has killed comes to the verdict of an undisturbed one; a suicide stays one."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from ptassess.repeating import NOTE

CHALLENGE = """
from ptassess import Challenge, Task, hookimpl

@hookimpl
def ptassess_challenges():
    task = Task(name="double", points=1, level="foundation", minutes=1, seconds=5, memory_mb=256)
    return Challenge(home=__file__, title="Doubling", tier="draft", tasks=[task])
"""
SOLUTION = """
import os, signal

def double(x): return 2 * x
def pids(): return [os.getpid(), os.getppid()]
def end(): os.kill(os.getpid(), signal.SIGKILL)
"""
# Each check notes that it ran and what it drew. ``outside`` is the killer, who comes in the first run only.
CHECKS = """
import os, signal, time
from pathlib import Path
import pytest, torch
from ptassess.errors import JudgeError, SolutionError
from ptassess.sandbox import processes

NOTES = Path(__file__).parent.parent / "notes"
WORKER, SUPERVISOR = 0, 1

def note(name, rng):
    with NOTES.open("a") as file:
        file.write(f"{name} {torch.rand(1, generator=rng).item()}\\n")
    return sum(line.split()[0] == name for line in NOTES.read_text().splitlines()) == 1

def outside(solution, whom=WORKER):
    pids = solution.pids()
    os.kill(pids[whom], signal.SIGKILL)
    while not processes.is_dead(pids[WORKER]):
        time.sleep(0.01)

def right(solution):
    assert solution.double(torch.ones(1)).item() == 2

@pytest.mark.task("double")
def test_worker(solution, rng):
    if note("worker", rng):
        outside(solution)
    right(solution)

@pytest.mark.task("double")
def test_ours(solution, rng):
    if note("ours", rng):
        raise JudgeError("a process for a solution cannot be set up: it ended before it was ready")
    right(solution)

@pytest.mark.task("double")
def test_supervisor(solution, rng, evidence):
    evidence["runs"] = 1
    if note("supervisor", rng):
        evidence["disturbed"] = True
        outside(solution, SUPERVISOR)
    right(solution)

@pytest.mark.task("double")
def test_hidden(solution, rng):
    try:
        if note("hidden", rng):
            outside(solution)
        right(solution)
    except SolutionError:
        raise AssertionError("told as something else")

@pytest.mark.task("double")
def test_suicide(solution, rng):
    note("suicide", rng)
    solution.end()

@pytest.mark.task("double")
def test_wrong(solution, rng):
    note("wrong", rng)
    assert solution.double(torch.ones(1)).item() == 3

@pytest.mark.task("double")
def test_timed(solution, rng, race):
    if note("timed", rng):
        outside(solution)
    right(solution)

@pytest.fixture(scope="module")
def learnt(shared):
    with shared.solution("double") as solution:
        if note("learnt", shared.rng("learnt")):
            outside(solution)
        return solution.double(torch.ones(1)).item()

@pytest.mark.task("double")
def test_learnt(learnt):
    assert learnt == 2

@pytest.mark.task("double")
def test_learnt_too(learnt):
    assert learnt == 2

@pytest.fixture(scope="module")
def lost(shared):
    with shared.solution("double") as solution:
        note("lost", shared.rng("lost"))
        return solution.end()

@pytest.mark.task("double")
def test_lost(lost):
    pass

@pytest.mark.task("double")
def test_lost_too(lost):
    pass
"""
REPEATED = {"worker", "ours", "supervisor", "hidden", "suicide", "timed", "learnt", "lost"}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The checks' results, what each run drew, and what pytest said."""
    folder = tmp_path_factory.mktemp("repeating")
    (folder / "twice").mkdir()
    (folder / "twice" / "challenge.py").write_text(CHALLENGE)
    (folder / "twice" / "test_twice.py").write_text(CHECKS)
    (folder / "ada" / "solutions").mkdir(parents=True)
    (folder / "ada" / "solutions" / "twice.py").write_text(SOLUTION)
    # At the level ``process``: a solution that is the first process of a namespace cannot kill itself.
    command = [sys.executable, "-m", "pytest", "twice", "--import-mode=importlib", "-p", "no:cacheprovider", "-v",
               "--seed=3", "--submission", "ada", "--run-file", "run.json", "--ptassess-exactly=process"]  # fmt: skip
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120).stdout
    checks = {check["check"]: check for check in json.loads((folder / "run.json").read_text())["checks"]}
    draws = [line.split() for line in (folder / "notes").read_text().splitlines()]
    return checks, draws, said


@pytest.mark.parametrize("name", ["worker", "ours", "supervisor", "hidden", "timed", "learnt", "learnt_too"])
def test_a_kill_from_outside_changes_no_verdict(found, name):
    check = found[0][f"test_{name}"]
    assert (check["outcome"], check["cause"], check["message"]) == ("passed", None, ""), check


@pytest.mark.parametrize("name", ["suicide", "lost", "lost_too"])
def test_a_solution_that_kills_itself_fails_as_ever(found, name):
    check = found[0][f"test_{name}"]
    assert (check["outcome"], check["cause"]) == ("failed", "crash")
    assert check["message"] == "end: the solution's process ended by SIGKILL"


def test_a_check_runs_three_times_at_most_and_only_if_something_was_killed(found):
    runs = Counter(name for name, _ in found[1])
    assert runs == {**dict.fromkeys(REPEATED, 2), "suicide": 3, "lost": 3, "wrong": 1}


def test_another_run_draws_the_same_inputs_unless_it_is_timed(found):
    draws = {}
    for name, drawn in found[1]:
        draws.setdefault(name, set()).add(drawn)
    assert {name for name, drawn in draws.items() if len(drawn) == 2} == {"timed"}


def test_another_run_is_told_and_keeps_nothing_of_the_one_before(found):
    checks, _, said = found
    noted = {name.removeprefix("test_") for name, check in checks.items() if NOTE in check["evidence"]}
    assert noted == REPEATED
    assert set(checks["test_supervisor"]["evidence"]) == {"runs", NOTE}
    assert (checks["test_worker"]["evidence"][NOTE], checks["test_suicide"]["evidence"][NOTE]) == (1, 2)
    assert said.count("REPEATED") == 10
    assert "4 failed, 7 passed, 10 repeated" in said
