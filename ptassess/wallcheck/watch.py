"""In the judge, after each check: which canaries were touched since the last one, and what was left."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ptassess.sandbox import processes
from ptassess.wallcheck import traces
from ptassess.wallcheck.canaries import touched

PLAN = "PTASSESS_WALLCHECK"
"""Environment: the file that says what to look at, and where to write."""

_WAIT = 2.0  # seconds until what was killed has to be gone


class _Watch:
    def __init__(self) -> None:
        plan = json.loads(Path(os.environ[PLAN]).read_text(encoding="utf-8"))
        self._watched: dict[str, Any] = plan["watched"]
        self._mark: str = plan["mark"]
        self._out = Path(plan["out"])
        self._seen = Counter[str]()
        self._usual: Counter[str] | None = None

    def note(self, name: str, *, is_last: bool) -> None:
        deadline = time.monotonic() + _WAIT
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.02)
        now = Counter(touched(self._watched))
        fresh = sorted((now - self._seen).elements())
        self._seen = now
        if "stopped" in fresh:  # else nothing that is done to it would be noted any more
            os.kill(self._watched["pid"], signal.SIGCONT)
        if left and is_last:
            traces.remove(self._mark)
            self._usual = None  # it is counted once
        with self._out.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, "touched": fresh, "left": left}) + "\n")

    def _left(self) -> list[str]:
        """Whatever carries the mark, and what there is more of than there was when nothing had been attacked."""
        now = Counter(_below(os.getpid()) + _folders())
        if self._usual is None:
            self._usual = now
        return traces.left(self._mark) + sorted((now - self._usual).elements())


def _below(pid: int) -> list[str]:
    """The processes that a process has started, by what they are; those that have ended leave nothing.

    Numbers are left out: the descriptor that is told to a supervisor is another one for the one that replaces it.
    """
    found = []
    for child in processes.descendants(pid):
        try:
            line = Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if line:
            found.append(f"process {re.sub('[0-9]+', '#', line.replace(chr(0), ' ').strip())[:80]}")
    return found


def _folders() -> list[str]:
    """What lies in the judge's folder for temporary files: the wall's own, and in there those of workers."""
    place = Path(os.environ["TMPDIR"])
    return [f"folder of depth {len(path.relative_to(place).parts)}" for path in (*place.glob("*"), *place.glob("*/*"))]


_watch: list[_Watch] = []


def note(name: str) -> None:
    """Look around, and write down what was found; what is left is removed when an attack's last check has ended.

    Args:
        name: of the check.
    """
    if not _watch:
        _watch.append(_Watch())
    _watch[0].note(name, is_last="-next" in name)
