"""What the wall costs at each level of isolation: times beside their targets, measured on this machine.

    python benchmarks/wall.py [--json FILE] [--calls N] [--repeats N] [--level NAME …]

Times are medians unless said otherwise. Nothing else should run on the machine meanwhile.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from ptassess.errors import SolutionMemory, SolutionTimeout
from ptassess.machine import machine_facts
from ptassess.sandbox import Limits
from ptassess.wallcheck import suite

ROOT = Path(__file__).parents[1]
SOLUTION = """
import subprocess, time

def same(x):
    return x

def sleep_on(_):
    time.sleep(60)

def multiply(count):
    for _ in range(count):
        subprocess.Popen(["sleep", "60"])
    time.sleep(60)

def hoard(_):
    kept = []
    while True:
        kept.append(bytearray(b"x") * (1 << 20))
"""


def median(samples):
    """The median, in milliseconds, of samples in seconds."""
    return 1000 * statistics.median(samples)


def clock(function, repeats):
    """Seconds that each of some calls takes."""
    samples = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        samples.append(time.perf_counter() - began)
    return samples


def command_seconds(*commands, repeats=5):
    """Median seconds of each of some commands, run in turn."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    samples = [[] for _ in commands]
    for _ in range(repeats + 1):
        for command, found in zip(commands, samples, strict=True):
            began = time.perf_counter()
            subprocess.run(command, check=True, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)  # noqa: S603  our own
            found.append(time.perf_counter() - began)
    return [statistics.median(found[1:]) for found in samples]  # the first filled the page cache and wrote bytecode


def measure_start(rows, level):
    """Until the supervisor can be asked."""
    samples = []
    for _ in range(4):
        began = time.perf_counter()
        wall = level.open([])
        wall.preload(("torchvision",))
        samples.append(time.perf_counter() - began)
        wall.close()
    rows.append(("zygote ready (torch, torchvision)", statistics.median(samples[1:]), "s", 3))


def measure_workers(rows, wall, path, repeats):
    """A fresh worker, one call, and its end, beside what a cold process takes."""

    def once():
        solution = wall.solution(path, limits=Limits(), shown_as="solution")
        solution.same(1)
        solution.close()

    clock(once, 3)
    rows.append(("fresh worker + one call + reap", median(clock(once, repeats)), "ms", 100))
    solutions = [wall.solution(path, limits=Limits(), shown_as="solution") for _ in range(repeats)]
    to_come = iter(solutions)
    ready = sorted(clock(lambda: next(to_come).same(1), repeats))
    for solution in solutions:  # else their memory is looked at while later rows are measured
        solution.close()
    rows.append(("fresh worker + one call, p95", 1000 * ready[int(0.95 * len(ready))], "ms", 75))


def measure_calls(rows, wall, path, calls):
    """Round trips of small and large values through a worker that lives."""
    with wall.solution(path, limits=Limits(memory_mb=4096, seconds=60), shown_as="solution").session() as solution:
        clock(lambda: solution.same(1), 200)
        samples = sorted(clock(lambda: solution.same(1), calls))
        rows.append(("call round trip, median", 1e6 * statistics.median(samples), "µs", 60))
        rows.append(("call round trip, p95", 1e6 * samples[int(0.95 * len(samples))], "µs", 150))
        for name, size, target, repeats in (
            ("1 KB", 256, 0.2, calls),
            ("1 MB", 1 << 18, 1.5, 200),
            ("100 MB", 25 << 20, 350, 8),
        ):
            tensor = torch.rand(size)
            clock(lambda tensor=tensor: solution.same(tensor), 3)
            found = median(clock(lambda tensor=tensor: solution.same(tensor), repeats))
            rows.append((f"{name} tensor there and back", found, "ms", target))


def measure_ends(rows, wall, path):
    """What happens beyond a limit."""

    def overshoot(name, argument, seconds):
        solution = wall.solution(path, limits=Limits(seconds=seconds), shown_as="solution")
        solution.same(1)
        began = time.perf_counter()
        try:
            solution.call(name, argument)
        except SolutionTimeout:
            return time.perf_counter() - began - seconds, solution.close()
        raise AssertionError(f"{name} was not stopped")

    rows.append(("deadline overshoot, process gone", overshoot("sleep_on", 0, 0.5)[0], "s", 0.5))
    rows.append(("the same with 200 processes", overshoot("multiply", 200, 10.0)[0], "s", 2))
    solution = wall.solution(path, limits=Limits(seconds=30, memory_mb=256), shown_as="solution")
    try:
        solution.hoard(0)
    except SolutionMemory:
        rows.append(("memory overshoot before the kill", solution.close().max_rss_mb - 256, "MiB", 256))


def measure_collection(rows):
    """What pytest's collection of the challenges costs beyond importing torch, and such imports themselves."""
    bare = [sys.executable, "-c", "import torch"]
    both = [sys.executable, "-c", "import torch, torchvision"]
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "challenges/"]
    collect += ["-p", "no:hypothesispytest"]  # only who works on the project has it, and it takes a quarter of a second
    torch_alone, with_torchvision, collected = command_seconds(bare, both, collect)
    rows.append(("a cold `import torch`", torch_alone, "s", None))
    rows.append(("a cold `import torch, torchvision`", with_torchvision, "s", None))
    rows.append(("`pytest --collect-only challenges/` − `import torch`", collected - torch_alone, "s", 1))


def measure_sockets(rows, calls):
    """What a round trip costs between two processes that do nothing but pass bytes on."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        while data := theirs.recv(4096):
            theirs.send(data)
        os._exit(0)
    theirs.close()
    samples = clock(lambda: (ours.send(b"x" * 64), ours.recv(4096)), calls)
    ours.close()
    os.waitpid(child, 0)
    rows.append(("64 bytes to a bare process and back", 1e6 * statistics.median(samples), "µs", None))


def measure_level(rows, level, path, options):
    """Everything that differs from level to level."""
    measure_start(rows, level)
    wall = level.open([])
    try:
        measure_workers(rows, wall, path, options.repeats)
        measure_calls(rows, wall, path, options.calls)
        measure_ends(rows, wall, path)
    finally:
        wall.close()


def main():
    """Measure and print."""
    walls = suite.walls()
    names = [level.name for level in walls]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--level", action="append", choices=names, help="default: all that this machine gives")
    options = parser.parse_args()
    torch.set_num_threads(1)
    levels = [level for level in walls if level.name in (options.level or names)]
    levels = [level for level in levels if level.probe() is None]
    shared, found = [], {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solution.py"
        path.write_text(SOLUTION, encoding="utf-8")
        measure_sockets(shared, options.calls)  # first: no fork after torch has worked
        measure_collection(shared)
        for level in levels:
            measure_level(found.setdefault(level.name, []), level, path, options)
    table = Table("", *found, "target", "", box=None, pad_edge=False)
    for name, value, unit, target in shared:
        told = [f"{value:.3g} {unit}", *[""] * (len(found) - 1)]
        table.add_row(name, *told, *in_words([value], unit, target))
    for rows in zip(*found.values(), strict=True):
        values = [value for _, value, _, _ in rows]
        name, _, unit, target = rows[0]
        table.add_row(name, *(f"{value:.3g} {unit}" for value in values), *in_words(values, unit, target))
    Console().print(table)
    if options.json:
        facts = {"machine": machine_facts().facts, "load": os.getloadavg()[0]}
        keys = ("name", "value", "unit", "target")
        listed = {"": shared, **found}
        facts["levels"] = {name: [dict(zip(keys, row, strict=True)) for row in rows] for name, rows in listed.items()}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def in_words(values, unit, target):
    """The target and whether every level keeps it."""
    if target is None:
        return "", ""
    return f"≤ {target:g} {unit}", "kept" if max(values) <= target else "missed"


if __name__ == "__main__":
    main()
