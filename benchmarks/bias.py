"""What an instrument says that functions take which do nothing.

    python benchmarks/bias.py [--trials N] [--json FILE]

Ours is the time of a call through the wall, less what an idle contestant's calls take; the others' is what they print
for `f(a)` in their own process, in which calling a Python function (about 30 ns) is contained. One function gives back
its argument, the other a constant, as the idle contestant does. The first frees a tensor in each call, the one that it
gave the call before: as the inputs of each call are others, that is cold.
"""

import math
import statistics
import timeit

import torch
from common import WORKLOADS, entrants, event, neighbours, parser, report, wall
from torch.utils.benchmark import Timer

from ptassess.measure import race, stats


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--trials", type=int, default=40)
    options = options.parse_args()
    torch.set_num_threads(1)
    rows, samples = [], {}
    for workload, gives in (("empty", "its argument"), ("constant", "a constant")):
        source = WORKLOADS[workload][0]
        found = samples[gives] = []
        with neighbours(options.neighbours), wall() as behind, entrants(source) as field:
            for _ in range(options.trials):
                times = race.run(behind, field, event(workload), enough=lambda _: True)
                found += stats.per_call(times.turns, "a")
        namespace = {"a": torch.rand(16)}
        exec(source, namespace)  # noqa: S102  our own
        loops = 100_000
        plain = min(timeit.repeat("f(a)", globals=namespace, number=loops, repeat=7)) / loops
        timer = Timer("f(a)", globals=namespace).blocked_autorange().median
        # The standard error of a median of normally distributed values is that of their mean times the root of π / 2.
        # Their standard deviation is 0.741 times what lies between the quartiles, which no outlier moves.
        low, _, high = statistics.quantiles(found)
        error = math.sqrt(math.pi / 2 / len(found)) * 0.741 * (high - low)
        ns = 1e9 * statistics.median(found)
        rows += [
            (gives, "ptassess, through the wall, idle calls taken out", ns, 1e9 * error, 1000.0),
            (gives, "timeit", 1e9 * plain, "", ""),
            (gives, "torch.utils.benchmark.Timer", 1e9 * timer, "", ""),
        ]
    report(
        "an empty function, ns a call",
        ("gives", "instrument", "ns", "standard error", "at most"),
        rows,
        json_path=options.json,
        options=options,
        samples=samples,
    )


if __name__ == "__main__":
    main()
