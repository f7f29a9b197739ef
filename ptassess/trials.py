"""Many solutions on one challenge's checks: in a few processes, stored verdict by verdict, resumed where it stopped."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ptassess.judging import INI, scrubbed_environment
from ptassess.matrix import MatrixResult, PlannedEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptassess.challenge import Challenge

_LOOK_SECONDS = 0.1


def run(  # noqa: PLR0913  the last three keyword-only
    challenge: Challenge,
    private: Path,
    entries: list[PlannedEntry],
    *,
    jobs: int = 1,
    level: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> tuple[list[MatrixResult], list[str]]:
    """Run a plan, or as much of it as was not run before on the same files.

    Args:
        challenge: whose checks run.
        private: its private half.
        entries: the plan.
        jobs: processes.
        level: of isolation; None for the strongest that this machine gives.
        progress: called now and then with the slug and how many verdicts there are so far.

    Returns:
        The verdicts, and one line for each process that could not run its checks.
    """
    store = _cache() / "-".join(filter(None, (challenge.slug, level, _digest(challenge.home, private))))
    store.mkdir(parents=True, exist_ok=True)
    targets = [challenge.home] if private.is_relative_to(challenge.home) else [challenge.home, private]
    processes = []
    for part in range(jobs):
        plan, out, log = (store / f"{part}-of-{jobs}.{kind}" for kind in ("plan.json", "jsonl", "log"))
        plan.write_bytes(msgspec.json.encode(_share(entries, part, jobs)))
        command = [
            sys.executable, "-P", "-m", "pytest", "-c", str(INI), "--rootdir", str(INI.parent),
            "-p", "ptassess.pytest_plugin", "--pack", str(challenge.home),
            *([f"--ptassess-exactly={level}"] if level else ["--isolation", "process"]),
            "--ptassess-matrix", str(plan), "--ptassess-matrix-out", str(out), *map(str, targets),
        ]  # fmt: skip
        with log.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603  our own interpreter
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=scrubbed_environment(), cwd="/"
            )
        processes.append((process, out, log))
    while any(process.poll() is None for process, _, _ in processes):
        time.sleep(_LOOK_SECONDS)
        if progress:
            progress(challenge.slug, sum(_lines_in(out) for _, out, _ in processes))
    results: dict[tuple[str, int, str], MatrixResult] = {}
    complaints = []
    for process, out, log in processes:
        if process.returncode not in (0, 1, 5, 10, 11):
            complaints.append(f"the checks could not be run: {_cause_in(log)} (see {log})")
        wanted = {(entry.id, seed) for entry in entries for seed in entry.seeds}
        for line in out.read_bytes().splitlines() if out.is_file() else ():
            try:
                result = msgspec.json.decode(line, type=MatrixResult)
            except msgspec.MsgspecError:  # the last line of a run that was killed; what it told was found again
                continue
            if (result.id, result.seed) in wanted:
                results[result.id, result.seed, result.result.check] = result
    return list(results.values()), complaints


def _cause_in(log: Path) -> str:
    """The line of pytest's output that tells most: the first error that it quotes, or the last line of all."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    told = [line.removeprefix("E ").strip() for line in lines if line.startswith("E  ")]
    return told[-1] if told else lines[-1] if lines else "pytest said nothing"


def _lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def _share(entries: Iterable[PlannedEntry], part: int, jobs: int) -> list[PlannedEntry]:
    """One process' part of a plan: every entry's seeds dealt out in turn."""
    dealt = []
    for number, entry in enumerate(entries):
        seeds = tuple(seed for index, seed in enumerate(entry.seeds) if (number + index) % jobs == part)
        if seeds:
            dealt.append(msgspec.structs.replace(entry, seeds=seeds))
    return dealt


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ptassess" / "admission"


def _digest(*folders: Path) -> str:
    """Over the challenge's files and ours: a change of either makes everything run again."""
    digest = hashlib.sha256()
    for folder in (*folders, Path(__file__).parent):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
