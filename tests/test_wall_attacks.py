"""Submissions that attack the judge: each succeeds against a judge without a wall, and earns nothing from ours.

A file in `attacks/` says in its first lines what it does (docstring), what becomes of a naive judge (`control`), and
what ours makes of it (`verdict`: outcome and, where it matters, cause). Between any two of them an honest solution is
judged; `twice` in a name means that the second of two runs is looked at.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACK = HERE / "packs" / "double"
ATTACKS = sorted(path for path in (HERE / "attacks").glob("*.py") if path.stem != "naive")
MARK = b"31415"  # in the command line of every process that an attack means to leave behind
CANARY = "CANARY: the judge's own"


def header(path, key):
    line = next(line for line in path.read_text().splitlines() if line.startswith(f"# {key}: "))
    return line.partition(": ")[2]


def runs_of(path):
    return 2 if "twice" in path.stem else 1


def left_over():
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if MARK in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    """A file that the judge has open and its children could inherit."""
    path = tmp_path_factory.mktemp("judge") / "canary"
    path.write_text(CANARY)
    with path.open("rb") as file:
        yield file.fileno()
    assert path.read_text() == CANARY


@pytest.fixture(scope="module")
def controls(tmp_path_factory, canary):
    """What became of the naive judge, by attack."""
    out = tmp_path_factory.mktemp("naive") / "out.json"
    command = [sys.executable, str(HERE / "attacks" / "naive.py"), str(out), *map(str, ATTACKS)]
    subprocess.run(command, check=True, timeout=240, pass_fds=[canary])
    return json.loads(out.read_text())


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory, canary):
    """One pytest process judges them all, an honest solution after each; gives its verdicts in the same order."""
    folder = tmp_path_factory.mktemp("judged")
    honest = folder / "honest.py"
    honest.write_text("def double(x):\n    return x + x\n")
    plan = []
    for path in ATTACKS:
        solutions = [*[path] * runs_of(path), honest]
        for number, solution in enumerate(solutions):
            entry = {"id": f"{path.stem}-{number}", "solution": str(solution), "checks": ["test_doubles"]}
            plan.append(entry)
    (folder / "plan.json").write_text(json.dumps(plan))
    command = [
        *(sys.executable, "-m", "pytest", str(PACK), "--import-mode=importlib", "-p", "no:cacheprovider"),
        *("--ptassess-exactly=process", f"--ptassess-matrix={folder}/plan.json"),
        f"--ptassess-matrix-out={folder}/out.jsonl",
    ]
    environment = os.environ | {"CANARY": CANARY}
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=240,
        check=False,
        env=environment,
        pass_fds=[canary],
    )
    lines = (folder / "out.jsonl").read_text().splitlines()
    assert len(lines) == len(plan), process.stdout + process.stderr
    return {line["id"]: line["result"] for line in map(json.loads, lines)}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_the_attack_works_where_there_is_no_wall(controls, attack):
    found = controls[attack.name]
    for wanted in header(attack, "control").split(", "):
        match wanted.split():
            case ["status", number]:
                assert found["status"] == int(number), found
            case ["hung"]:
                assert found["status"] == "hung", found
            case ["leaves", "processes"]:
                assert found["left"] > 0, found
            case ["leaves", "its", "folder"]:
                assert found["stuck"] or sys.version_info >= (3, 12), found  # 3.12 walks without recursion
            case ["prints", "nothing"]:
                assert "passed" not in found["said"] + "failed", found
            case ["prints", "escapes"]:
                assert "\x1b" in found["said"], found
            case ["prints", "at", "least", mebibytes, "MiB"]:
                assert found["bytes"] >= int(mebibytes) << 20, found
            case _:
                pytest.fail(f"unknown control: {wanted}")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_the_attack_earns_nothing_behind_the_wall(verdicts, attack):
    outcome, _, cause = header(attack, "verdict").partition(" ")
    check = verdicts[f"{attack.stem}-{runs_of(attack) - 1}"]
    assert check["outcome"] == outcome, check
    assert not cause or check["cause"] == cause, check
    for field in ("message", "detail", "output"):
        assert check[field].replace("\n", "").replace("\t", "").isprintable()
        assert len(check[field]) < 140_000
    assert "\n" not in check["message"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_the_next_candidate_is_judged_as_ever(verdicts, attack):
    check = verdicts[f"{attack.stem}-{runs_of(attack)}"]
    assert check["outcome"] == "passed", check


def test_nothing_is_left_over(verdicts):
    assert verdicts
    assert left_over() == []
