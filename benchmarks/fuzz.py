"""Hostile frames, folders and archives by the thousand: what becomes of them, and whether anything else ever happens.

Each target is a strategy of hypothesis, which begins with something valid and bends it where the format has its
joints, and a function that feeds it to our code and names the outcome. It raises ``AssertionError`` if a promise does
not hold; any exception but the errors that our code promises goes through as it is.
"""

import random
import resource
import sys
import time
from collections import Counter

import torch
from hostile_archives import archives, feed_archive
from hostile_files import FOLDERS, feed_folder
from hostile_frames import VARIANTS, feed_frames, frames
from hypothesis import HealthCheck, Phase, given, seed, settings

MOST_SECONDS = 10.0  # of one core for one input; the slowest are refused after reading what the caps allow

TARGETS = {
    "frames": (frames(), feed_frames, VARIANTS),
    "folders": (FOLDERS, feed_folder, 1),
    "archives": (archives(), feed_archive, 1),
}


def fuzz(target, count, number):
    """Feed that many inputs to a target.

    Args:
        target: one of ``TARGETS``.
        count: inputs.
        number: hypothesis' seed; the same inputs come again.

    Returns:
        How many had which outcome, and the longest time of one (of frames: of those of one message), in seconds.
    """
    strategy, feed, each = TARGETS[target]
    outcomes, slowest = Counter(), 0.0

    @seed(number)
    @settings(
        max_examples=-(-count // each),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(example):
        nonlocal slowest
        began = time.process_time()  # what runs beside it is none of its doing
        outcomes.update(feed(example))
        took = time.process_time() - began
        slowest = max(slowest, took)
        assert took < MOST_SECONDS

    one()
    return outcomes, slowest


def main():
    """Run the targets that are asked for, and tell."""
    from common import parser, report

    options = parser(__doc__)
    for target in TARGETS:
        options.add_argument(f"--{target}", type=int, default=0, help="how many")
    options.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32), help="to draw them again")
    told = options.parse_args()
    rows, facts = [], {}
    torch.set_num_threads(1)
    for target in TARGETS:
        count = getattr(told, target)
        if count:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.perf_counter()
            outcomes, slowest = fuzz(target, count, told.seed)
            rows += [(target, outcome, number) for outcome, number in outcomes.most_common()]
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            facts[target] = {
                "inputs": outcomes.total(),
                "other exceptions": 0,  # the first one would have ended the run
                "seconds": time.perf_counter() - began,
                "slowest_seconds": slowest,
                "memory_grew_mib": (after - before) / (1 << 10 if sys.platform == "linux" else 1 << 20),
            }
            print(f"{target}: {facts[target]}")
    report(
        "Hostile inputs by outcome", ["target", "outcome", "inputs"], rows, json_path=told.json, options=told, **facts
    )


if __name__ == "__main__":
    main()
