"""What the constants of races on CUDA rest on, once somebody with a device has run this; none of them is measured yet.

    python benchmarks/on_cuda.py [--races N] [--json FILE]

For each kernel: the error of the ratio when both sides are the same code, the share of copies, and seconds a race. Then
what a fresh process costs, and how long clocks take to rise.
"""

import math
import statistics
import time

import torch
from common import entrants, parser, report, spread, wall

from ptassess.measure import pace, race, stats
from ptassess.sandbox import Limits

SIDE = 1024
SOURCE = "def f(a):\n    out = a\n    for _ in range({}):\n        out = out @ a\n    return out\n"
RAMP_SECONDS = 3.0
PRODUCTS = (1, 8, 64)  # 2 GFLOP each: about 50 µs, 0.4 ms and 3 ms at 50 TFLOP/s


def event():
    """Fresh matrices; results are looked at by the tests, not here."""
    base = torch.randn(SIDE, SIDE) / SIDE**0.5
    return race.Event(
        name="f",
        inputs=lambda: (base * torch.rand(()),),
        check=lambda *_: None,
        limits=Limits(seconds=60),
        device="cuda",
    )


def one(behind, entrant):
    """A fresh contestant, and how long it took to stand ready."""
    task = event()
    example = task.inputs()
    began = time.perf_counter()
    found = behind.contestant(
        entrant.path,
        limits=task.limits,
        shown_as="a",
        name="f",
        args=example,
        device="cuda",
    )
    return found, time.perf_counter() - began


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--races", type=int, default=20)
    options = options.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("no CUDA device on this machine")
    rows, facts = [], {}
    with wall() as behind:
        for products in PRODUCTS:
            source = SOURCE.format(products)
            with entrants(source, source) as field:
                races = [race.run(behind, field, event(), enough=lambda _: False) for _ in range(options.races)]
            ratios = [stats.combine(times.logs("a", "b")) for times in races]
            errors = [100 * e for e in spread([math.log(ratio.value) for ratio in ratios])]
            inside = sum(ratio.low <= 1 <= ratio.high for ratio in ratios)
            share = statistics.median(times.idle_share("a") for times in races)
            seconds = statistics.median(times.seconds for times in races)
            call = statistics.median(stats.per_call(races[0].turns, "a"))
            rows.append(
                (f"{products} products, {1e6 * call:.0f} µs a call", *errors, share, seconds, f"{inside} inside")
            )
            notes = {note for times in races for note in times.notes}
            facts[f"notes, {products} products"] = sorted(notes)
        with entrants(SOURCE.format(8)) as field:
            opened = [one(behind, field["a"]) for _ in range(3)]
            facts["seconds until a fresh process stands ready"] = [took for _, took in opened]
            contestant, example = opened[0][0], event().inputs()
            began, laps = time.perf_counter(), []
            while time.perf_counter() < began + RAMP_SECONDS:
                laps.append((time.perf_counter() - began, contestant.turn([example], apart=True).seconds))
            facts["seconds of a block, by seconds since the first"] = laps
            steps = [
                [took for at, took in laps if n * pace.RAMP_STEP <= at < (n + 1) * pace.RAMP_STEP] for n in range(60)
            ]
            medians = [statistics.median(step) for step in steps if step]
            steady = next((n + 1 for n in range(len(medians)) if pace.is_steady(medians[: n + 1])), len(medians))
            facts["seconds until blocks are steady"] = steady * pace.RAMP_STEP
            for found, _ in opened:
                found.close()
    report(
        "A/A on CUDA: error of the ratio in %",
        ("kernel", "median", "p95", "worst", "share of copies", "seconds", "95 % intervals"),
        rows,
        json_path=options.json,
        options=options,
        **facts,
    )
    for name, value in facts.items():
        if name != "seconds of a block, by seconds since the first":
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
