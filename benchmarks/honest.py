"""How often the wall fails honest work: the reference of every challenge, again and again, at each level of isolation.

    python benchmarks/honest.py [--runs N] [--level NAME …] [--jobs N] [--json FILE]

A run is all the checks of one challenge that time nothing, on a seed of its own. Whatever is not passed is listed.
"""

import argparse
import itertools
import json
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ptassess import registry, trials
from ptassess.machine import machine_facts
from ptassess.matrix import PlannedEntry
from ptassess.wallcheck import suite


def honest_runs(level, count, jobs):
    """So many runs at one level, dealt out to the challenges.

    Returns:
        The figures, ready for JSON.
    """
    catalogue = registry.catalogue()
    seeds = defaultdict(list)
    for seed, slug in zip(range(count), itertools.cycle(sorted(catalogue.challenges)), strict=False):
        seeds[slug].append(seed)
    began, checks, others = time.monotonic(), 0, []
    for slug, its in seeds.items():
        private = catalogue.private[slug]
        entry = PlannedEntry(
            id="reference", challenge=slug, solution=str(private / "reference.py"), seeds=tuple(its), timed=False
        )
        results, complaints = trials.run(catalogue.challenges[slug], private, [entry], jobs=jobs, level=level)
        if complaints:
            raise SystemExit(f"{slug}: {complaints[0]}")
        quizzes = {task.name for task in catalogue.challenges[slug].tasks if task.kind == "quiz"}  # it answers none
        judged = [r for r in results if r.result.task not in quizzes]
        assert {r.seed for r in judged} == set(its)
        checks += len(judged)
        others += [
            [slug, r.seed, r.result.check, r.result.outcome, r.result.message]
            for r in judged
            if r.result.outcome != "passed"
        ]
    return {"runs": count, "checks": checks, "not passed": others, "seconds": round(time.monotonic() - began, 1)}


def main():
    """Run, print, and store."""
    walls = suite.walls()
    names = [level.name for level in walls]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200, help="at each level; default: 200")
    parser.add_argument("--level", action="append", choices=names, help="default: all that this machine gives")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    levels = [level for level in walls if level.name in (options.level or names)]
    found = {}
    table = Table("level", "runs", "checks", "not passed", "s", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # else what was found before would not be run again
        for level in (level.name for level in levels if level.probe() is None):
            found[level] = figures = honest_runs(level, options.runs, options.jobs)
            numbers = (figures["runs"], figures["checks"], len(figures["not passed"]), figures["seconds"])
            table.add_row(level, *map(str, numbers))
    Console().print(table)
    for level, figures in found.items():
        for told in figures["not passed"]:
            print(level, *told)
    if options.json:
        facts = {"machine": machine_facts().facts, "load": os.getloadavg()[0], "levels": found}
        options.json.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
