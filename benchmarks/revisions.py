"""Whether `ptassess race` finds a slow-down between two revisions, and makes none up.

    python benchmarks/revisions.py [--runs N] [--percent P] [--seconds S] [--neighbours N] [--json FILE]

A repository is made whose last commit makes a loop in Python and one over NumPy do P % more work; each run of the
command is one in which that has to be found. As many runs compare a commit with one that differs in a comment alone.
"""

import json
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from common import neighbours, parser, report

CODE = """
import numpy as np

UNITS = {units}  # {note}
START = np.ones(256)


def loop():
    total = 0
    for _ in range(20 * UNITS):
        total = 1 - total
    return total


def array():
    found = START
    for _ in range(UNITS):
        found = found * 1.0001
    return found
"""
TESTS = """
import work


def test_loop(benchmark):
    benchmark(work.loop)


def test_array(benchmark):
    benchmark(work.array)
"""


def git(folder, *arguments):
    """Run git."""
    command = ["git", "-C", folder, "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  no shell, our own words


def make(folder, percent):
    """Three revisions: `plain`, `note` (a comment) and `slow`."""
    git(folder, "init", "-q")
    (folder / "test_work.py").write_text(TESTS, encoding="utf-8")
    for name, units in (("plain", 100), ("note", 100), ("slow", 100 + percent)):
        (folder / "work.py").write_text(CODE.format(units=units, note=name), encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", name)
        git(folder, "tag", name)


def race(folder, base, head, seconds):
    """One run of the command: its status, the facts of each test, and how long it took."""
    file = folder.parent / "facts.json"
    command = [sys.executable, "-c", "from ptassess.cli import main; main()", "race", "test_work.py"]
    command += ["--base", base, "--head", head, "--seconds", str(seconds), "--json", str(file)]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own
    if done.returncode not in {0, 1, 10}:
        sys.exit(done.stderr)
    return done.returncode, json.loads(file.read_text(encoding="utf-8"))["tests"], time.perf_counter() - began


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=20)
    options.add_argument("--percent", type=int, default=5)
    options.add_argument("--seconds", type=float, default=10.0)
    options = options.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as parent, neighbours(options.neighbours):
        folder = Path(parent) / "project"
        folder.mkdir()
        make(folder, options.percent)
        for number in range(options.runs):
            for head in ("slow", "note"):  # in turns: both meet the machine in the same state
                status, tests, took = race(folder, "plain", head, options.seconds)
                runs.append({"head": head, "status": status, "seconds": took, "tests": tests})
                print(number, head, status, f"{took:.0f} s", [test["verdict"] for test in tests], flush=True)
    rows = []
    for head, title in (("slow", f"{options.percent} % more work"), ("note", "the same code")):
        ours = [run for run in runs if run["head"] == head]
        statuses = Counter(run["status"] for run in ours)
        told = Counter(test["verdict"] for run in ours for test in run["tests"])
        ratios = sorted(test["ratio"] for run in ours for test in run["tests"] if "ratio" in test) or [math.nan]
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told.most_common())
        took = sum(run["seconds"] for run in ours) / len(ours)
        rows.append((title, *(str(statuses[code]) for code in (1, 0, 10)), verdicts, ratios[0], ratios[-1], took))
    alarms = sum(run["status"] == 1 for run in runs if run["head"] == "note")
    if not alarms:  # then 1 - p to the n-th is the chance of seeing none
        print(f"no false alarm in {options.runs} runs: their rate is below {1 - 0.05 ** (1 / options.runs):.1%} (95 %)")
    report(
        f"a race of two revisions, {options.runs} runs each",
        ("head has", "status 1", "status 0", "status 10", "tests", "least ratio", "largest", "seconds a run"),
        rows,
        json_path=options.json,
        options=options,
        runs=runs,
    )


if __name__ == "__main__":
    main()
