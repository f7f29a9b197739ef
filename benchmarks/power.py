"""How often a planted difference of 3 % is found within five seconds.

    python benchmarks/power.py [--trials N] [--neighbours N] [--json FILE]

One side multiplies two matrices 100 times, the other one 103 times. It is found if the 95 % interval lies above 1.
"""

import torch
from common import entrants, neighbours, parser, report, wall

from ptassess.measure import race, stats
from ptassess.sandbox import Limits

SOURCE = "def f(a):\n    for _ in range({units}):\n        a @ a\n    return a @ a\n"
SECONDS = 5.0


def main():
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--trials", type=int, default=40)
    options = options.parse_args()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)

    def check(out, a):
        assert torch.allclose(out, a @ a, rtol=1e-4, atol=1e-4)

    event = race.Event(
        name="f", inputs=lambda: (torch.rand(64, 64, generator=generator),), check=check, limits=Limits()
    )
    found = []
    with (
        neighbours(options.neighbours),
        wall() as behind,
        entrants(SOURCE.format(units=99), SOURCE.format(units=102)) as field,
    ):
        for _ in range(options.trials):
            times = race.run(behind, field, event, enough=lambda _: False, seconds=SECONDS)
            found.append(stats.combine(times.logs("a", "b")))
    hits = sum(ratio.low > 1 for ratio in found)
    inside = sum(ratio.low <= 1.03 <= ratio.high for ratio in found)
    middle = sorted(ratio.value for ratio in found)
    report(
        f"a planted 3 %, {SECONDS:g} s a race, {options.neighbours} neighbours",
        ("trials", "found", "true ratio inside", "median ratio", "least", "most"),
        [(str(len(found)), str(hits), str(inside), middle[len(middle) // 2], middle[0], middle[-1])],
        json_path=options.json,
        options=options,
        ratios=[[ratio.low, ratio.value, ratio.high] for ratio in found],
    )


if __name__ == "__main__":
    main()
