"""How often a gate of 1.05 times lets the same code pass for faster.

    python benchmarks/gate.py [--real N] [--simulated N] [--samples FILE…] [--neighbours N] [--json FILE]

Real trials race the same code as a check would, until it is decided. Simulated ones draw the log-ratios of their pairs,
with replacement, from files that `aa.py --json` has written, and are looked at as often as a real one.
"""

import json
import math
import random
from pathlib import Path

import torch
from common import WORKLOADS, entrants, event, neighbours, parser, report, wall

from ptassess.measure import race, stats

GATE = 1.05


def verdict(logs):
    """As a check decides."""
    return stats.verdict(stats.combine(logs, confidence=stats.DECIDES), GATE)


def simulate(pool, count, draw):
    """Verdicts of races whose pairs are drawn from what was measured."""
    found = []
    for _ in range(count):
        logs = []
        for look in race.LOOKS:
            logs += draw.choices(pool, k=look - len(logs))
            told = verdict(logs)
            if told != "inconclusive":
                break
        found.append(told)
    return found


def real(count, workload):
    """Verdicts of races of the same code."""
    source, found = WORKLOADS[workload][0], []
    with wall() as behind, entrants(source, source) as field:
        for _ in range(count):
            times = race.run(
                behind,
                field,
                event(workload),
                enough=lambda times: verdict(times.logs("a", "b")) != "inconclusive",
                seconds=9.0,
            )
            found.append(verdict(times.logs("a", "b")))
    return found


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--real", type=int, default=50)
    options.add_argument("--simulated", type=int, default=10_000)
    options.add_argument("--workload", choices=["compute", "memory"], default="compute")
    options.add_argument("--samples", type=Path, nargs="*", default=[])
    options = options.parse_args()
    torch.set_num_threads(1)
    rows = []
    if options.real:
        with neighbours(options.neighbours):
            found = real(options.real, options.workload)
        rows.append((f"real, {options.workload}", *(str(found.count(v)) for v in ("pass", "fail", "inconclusive"))))
    draw = random.Random(0)  # noqa: S311  a simulation
    for path in options.samples:
        told = json.loads(path.read_text(encoding="utf-8"))
        centre = [sum(logs) / len(logs) for logs in told["logs"]]
        pool = [log for logs in told["logs"] for log in logs]
        assert all(map(math.isfinite, centre))
        found = simulate(pool, options.simulated, draw)
        rows.append((f"simulated from {path.name}", *(str(found.count(v)) for v in ("pass", "fail", "inconclusive"))))
    report(
        f"a gate at {GATE}×, the same code on both sides",
        ("trials", "pass", "fail", "inconclusive"),
        rows,
        json_path=options.json,
        options=options,
    )


if __name__ == "__main__":
    main()
