"""How far each instrument is off when both sides are the same code: ours beside three others, in the same run.

    python benchmarks/aa.py [--workload compute|memory] [--races N] [--peers N] [--neighbours N] [--json FILE]

The error is that of the ratio, which should be 1. Ours is a race of two processes with fresh inputs. The others time
one function twice in one process, without fresh inputs: two runs of `torch.utils.benchmark.Timer`, two tests of
pytest-benchmark (medians), a loop A B B A, and our own race for code that nobody has to be guarded against, which shows
what this machine gives without a wall. Each has about three seconds.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from common import WORKLOADS, entrants, event, neighbours, parser, report, spread, wall
from torch.utils.benchmark import Timer

from ptassess.measure import race, stats, trusted

SECONDS = 3.0
PYTEST = """
import torch
torch.set_num_threads(1)
{source}
a = torch.rand({shape})
def test_a(benchmark):
    benchmark(f, a)
def test_b(benchmark):
    benchmark(f, a)
"""


def function_of(workload):
    """The workload's function, and an input."""
    source, shape, _ = WORKLOADS[workload]
    namespace = {"torch": torch}
    exec(source, namespace)  # noqa: S102  our own
    return namespace["f"], torch.rand(shape)


def ours(workload, count, seconds):
    """Ratios with their intervals, and the pairs' log-ratios."""
    source = WORKLOADS[workload][0]
    found = []
    with wall() as behind, entrants(source, source) as field:
        for _ in range(count):
            times = race.run(behind, field, event(workload), enough=lambda _: False, seconds=seconds)
            found.append((times.logs("a", "b"), times.seconds))
    return found


def timer(workload, count):
    """Two consecutive runs of torch's Timer, medians."""
    f, a = function_of(workload)
    found = []
    for _ in range(count):
        made = [Timer("f(a)", globals={"f": f, "a": a}).blocked_autorange(min_run_time=SECONDS / 2) for _ in range(2)]
        found.append(math.log(made[0].median / made[1].median))
    return found


def trusted_race(workload, count):
    """The fixture ``race`` of ``ptassess.racing``: random order, in one process."""
    f, a = function_of(workload)
    found = []
    for _ in range(count):
        raced = trusted.race(lambda: f(a), lambda: f(a), at_least=1.0, seconds=SECONDS)
        found.append(math.log(raced.ratio))
    return found


def abba(workload, count):
    """A fixed pattern A B B A of single calls for three seconds, medians."""
    f, a = function_of(workload)
    found = []
    for _ in range(count):
        samples = {"a": [], "b": []}
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            for side in "abba":
                began = time.perf_counter()
                f(a)
                samples[side].append(time.perf_counter() - began)
        found.append(math.log(statistics.median(samples["a"]) / statistics.median(samples["b"])))
    return found


def pytest_benchmark(workload, count):
    """Two tests of one file, medians as it writes them."""
    source, shape, _ = WORKLOADS[workload]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "test_it.py", Path(folder) / "out.json"
        path.write_text(PYTEST.format(source=source, shape=shape), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
        command += [f"--benchmark-max-time={SECONDS / 2}", f"--benchmark-json={out}"]
        for _ in range(count):
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
            a, b = (row["stats"]["median"] for row in json.loads(out.read_text())["benchmarks"])
            found.append(math.log(a / b))
    return found


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--workload", choices=["compute", "memory"], default="compute")
    options.add_argument("--races", type=int, default=40)
    options.add_argument("--peers", type=int, default=20, help="trials of each of the others")
    options.add_argument("--seconds", type=float, default=SECONDS, help="of one of our races")
    options.add_argument("--pair-seconds", type=float, default=race.PAIR_SECONDS)
    options = options.parse_args()
    torch.set_num_threads(1)
    race.PAIR_SECONDS = options.pair_seconds
    with neighbours(options.neighbours):
        races = ours(options.workload, options.races, options.seconds)
        peers = {
            "ptassess.racing, without a wall": trusted_race,
            "torch.utils.benchmark.Timer": timer,
            "A B B A": abba,
            "pytest-benchmark": pytest_benchmark,
        }
        others = {name: peer(options.workload, options.peers) for name, peer in peers.items() if options.peers}
    ratios = [stats.combine(logs) for logs, _ in races]
    inside = sum(ratio.low <= 1 <= ratio.high for ratio in ratios)
    errors = [math.log(ratio.value) for ratio in ratios]
    rows = [
        (
            "ptassess",
            *(100 * e for e in spread(errors)),
            f"{inside} of {len(ratios)} inside ±{100 * statistics.median(r.half_width for r in ratios):.2g} %",
        )
    ]
    rows += [(name, *(100 * e for e in spread(found)), "states none") for name, found in others.items()]
    report(
        f"A/A, {options.workload}-bound, {options.neighbours} neighbours: error of the ratio in %",
        ("instrument", "median", "p95", "worst", "interval"),
        rows,
        json_path=options.json,
        options=options,
        logs=[logs for logs, _ in races],
        seconds=[seconds for _, seconds in races],
        inside=inside,
    )


if __name__ == "__main__":
    main()
