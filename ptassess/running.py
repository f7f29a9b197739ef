"""The judges that this process waits for, so that the end of a batch is their end as well."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ptassess.errors import Interrupted
from ptassess.sandbox import processes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

_END_SECONDS = 10.0  # after an interrupt, for judges' rooms to be cleared


class Judges:
    """Who judges for which batch, by the folder of its results."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: Counter[Path] = Counter()
        self._running: dict[subprocess.Popen[bytes], Path] = {}
        self._ending: set[Path] = set()

    @contextmanager
    def one_more(self, out: Path) -> Iterator[None]:
        """Be counted while a submission is judged.

        Raises:
            Interrupted: if the batch has been.
        """
        with self._changed:
            self.go_on(out)
            self._under_way[out] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[out] -= 1
                self._changed.notify_all()

    def start(self, out: Path, begin: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        """Start a judge, or none any more.

        Raises:
            Interrupted: if the batch has been.
        """
        with self._changed:
            self.go_on(out)
            process = begin()
            self._running[process] = out
            return process

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """Take note of a judge's end."""
        with self._changed:
            del self._running[process]

    def end(self, out: Path) -> None:
        """End the judges of a batch, and wait until nobody judges for it."""
        with self._changed:
            self._ending.add(out)
            for process, whose in self._running.items():
                if whose == out:
                    processes.kill_tree(process.pid)
            self._changed.wait_for(lambda: not self._under_way[out], _END_SECONDS)
            self._ending.discard(out)

    def go_on(self, out: Path) -> None:
        """Do nothing, unless a batch is being ended.

        Raises:
            Interrupted: if it is.
        """
        if out in self._ending:
            raise Interrupted("interrupted")


judges = Judges()
"""Those of this process."""
