"""What the instrument's benchmarks share: workloads, neighbours, tables and files."""

import argparse
import contextlib
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from ptassess.machine import machine_facts
from ptassess.measure import race
from ptassess.sandbox import Limits
from ptassess.sandbox.wall import ProcessWall

# name: source, shape of the input, how it is drawn, what comes out
WORKLOADS = {
    "compute": ("def f(a):\n    return a @ a\n", (256, 256), lambda a: a @ a),
    "memory": ("def f(a):\n    return a + 1\n", (1_000_000,), lambda a: a + 1),
    "empty": ("def f(a):\n    return a\n", (16,), lambda a: a),
    "constant": ("import torch\n\nk = torch.ones(16)\n\ndef f(a):\n    return k\n", (16,), torch.ones_like),
}


def event(workload, *, check_all=True):
    """A workload as an event; inputs are fresh and cheap to draw: one matrix of random numbers plus a random number."""
    _, shape, expected = WORKLOADS[workload]
    generator = torch.Generator().manual_seed(0)
    base = torch.rand(shape, generator=generator)

    def check(out, a):
        assert torch.allclose(out, expected(a), rtol=1e-4, atol=1e-4)

    def inputs():
        return (base + torch.rand((), generator=generator),)

    return race.Event(name="f", inputs=inputs, check=check if check_all else lambda *_: None, limits=Limits(seconds=10))


@contextlib.contextmanager
def wall():
    """A wall that is ready."""
    found = ProcessWall()
    found.preload(())
    try:
        yield found
    finally:
        found.close()


@contextlib.contextmanager
def entrants(*sources):
    """Contestants a, b, … with these sources; all are trusted but the first."""
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for name, source in zip("abcdefgh", sources, strict=False):
            path = Path(folder) / f"{name}.py"
            path.write_text(source, encoding="utf-8")
            made[name] = race.Entrant(path=path, shown_as=path.name, trusted=bool(made))
        yield made


def _burn():
    torch.set_num_threads(1)
    a = torch.rand(200, 200)
    while True:
        a = (a @ a).clamp(0, 1)
        if time.perf_counter() % 1 < 0.2:  # not always: real neighbours come and go
            time.sleep(0.05)


@contextlib.contextmanager
def neighbours(count):
    """That many busy processes beside the measurement."""
    context = multiprocessing.get_context("spawn")
    burning = [context.Process(target=_burn, daemon=True) for _ in range(count)]
    for process in burning:
        process.start()
    time.sleep(3 if count else 0)
    try:
        yield
    finally:
        for process in burning:
            process.kill()


def spread(errors):
    """Median, 95th percentile and worst of absolute errors."""
    ordered = sorted(abs(error) for error in errors)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], ordered[-1]


def parser(doc):
    """With the options that all have."""
    made = argparse.ArgumentParser(description=doc.partition("\n")[0])
    made.add_argument("--json", type=Path, help="write the figures to this file as well")
    made.add_argument("--neighbours", type=int, default=0, help="busy processes beside it")
    return made


def report(title, columns, rows, *, json_path=None, options=None, **facts):
    """Print a table; write it with the machine's facts, if a file is named.

    Args:
        title: of the table.
        columns: names.
        rows: of cells.
        json_path: of the file.
        options: what was asked for.
        facts: more to write.
    """
    table = Table(*columns, title=title, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, str) else f"{cell:.4g}" for cell in row))
    Console(width=140).print(table)
    if json_path:
        told = {
            "title": title,
            "command": ["python", *sys.argv],
            "options": {key: str(value) for key, value in vars(options or argparse.Namespace()).items()},
            "machine": machine_facts().facts,
            "load": os.getloadavg()[0],
            "rows": [dict(zip(columns, row, strict=True)) for row in rows],
            **facts,
        }
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
