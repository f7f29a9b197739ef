"""Whether one submission is worth the same with one thread and with two, beside neighbours and without.

    python benchmarks/credit.py [--races N] [--json FILE]

The solution makes two products of matrices where the reference makes one and the baseline six. Each race is one as a
check makes it: it ends when its verdict and its credit are known well enough, or as inconclusive. The threads are those
that the judge is told to use; a race's contestants have one core.
"""

import itertools
import os
import statistics

import torch
from common import entrants, event, neighbours, parser, report, wall

from ptassess.measure import race, speed
from ptassess.races import PATIENCE, SECONDS

AT_LEAST = 1.5
SOURCE = "def f(a):\n    for _ in range({}):\n        out = a @ a\n    return out\n"
NAMES = {speed.SOLUTION: 2, speed.BASELINE: 6, speed.REFERENCE: 1}


def raced(behind, field):
    """One race: its credit, or None where it is inconclusive."""

    def enough(times):
        found = speed.judge(times, AT_LEAST)
        return found is not None and found.is_decided

    found = speed.judge(race.run(behind, field, event("compute"), enough=enough, seconds=SECONDS * PATIENCE), AT_LEAST)
    return found.credit.value if found is not None and found.is_decided and found.credit else None


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--races", type=int, default=10, help="in each of the four conditions")
    options = options.parse_args()
    rows, found = [], {}
    for busy, threads in itertools.product((0, 2), (1, 2)):
        os.environ["OMP_NUM_THREADS"] = str(threads)
        torch.set_num_threads(threads)
        with neighbours(busy), wall() as behind, entrants(*(SOURCE.format(n) for n in NAMES.values())) as made:
            field = dict(zip(NAMES, made.values(), strict=True))
            runs = [raced(behind, field) for _ in range(options.races)]
        found[f"{busy} neighbours, {threads} threads"] = runs
        given = sorted(credit for credit in runs if credit is not None)
        middle = statistics.median(given) if given else "none"
        ends = f"{given[0]:.3f} to {given[-1]:.3f}" if given else "none"
        rows.append((str(busy), str(threads), f"{len(given)} of {len(runs)}", middle, ends))
    given = [credit for runs in found.values() for credit in runs if credit is not None]
    centre = statistics.median(given)
    rows.append(("", "", "furthest from the median of all", max(abs(credit - centre) for credit in given), ""))
    report(
        "credit of one submission",
        ("neighbours", "threads", "decided", "median credit", "from, to"),
        rows,
        json_path=options.json,
        options=options,
        credits=found,
    )


if __name__ == "__main__":
    main()
