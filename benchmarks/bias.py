"""What an instrument says that a function takes which does nothing.

    python benchmarks/bias.py [--trials N] [--json FILE]

Ours is the time of a call through the wall, less what an idle contestant's calls take; the others' is what they print
for `f(a)` in their own process, in which calling a Python function (about 30 ns) is contained.
"""

import statistics
import timeit

import torch
from common import WORKLOADS, entrants, event, neighbours, parser, report, wall
from torch.utils.benchmark import Timer

from ptassess.measure import race, stats


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--trials", type=int, default=8)
    options = options.parse_args()
    torch.set_num_threads(1)
    source = WORKLOADS["empty"][0]
    found = []
    with neighbours(options.neighbours), wall() as behind, entrants(source) as field:
        for _ in range(options.trials):
            times = race.run(behind, field, event("empty"), enough=lambda _: True)
            found += stats.per_call(times.turns, "a")
    namespace = {"a": torch.rand(16)}
    exec(source, namespace)  # noqa: S102  our own
    loops = 100_000
    rows = [("ptassess, through the wall, idle calls taken out", 1e9 * statistics.median(found), 1000.0)]
    rows.append(("timeit", 1e9 * min(timeit.repeat("f(a)", globals=namespace, number=loops, repeat=7)) / loops, ""))
    rows.append(("torch.utils.benchmark.Timer", 1e9 * Timer("f(a)", globals=namespace).blocked_autorange().median, ""))
    report(
        "an empty function, ns a call",
        ("instrument", "ns", "at most"),
        rows,
        json_path=options.json,
        options=options,
        samples=found,
    )


if __name__ == "__main__":
    main()
