"""A worker whose one result is taken away, and whose memory is looked at from outside."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ptassess.errors import SolutionValue
from ptassess.sandbox import artefact, processes
from ptassess.sandbox.solution import Session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ptassess.sandbox.solution import Limits, OpenLink
    from ptassess.sandbox.wall import ProcessLink


class Weighed(Session):
    """A session that begins with some files in its folder; made by ``ProcessWall.weighed``.

    Args:
        open_link: starts a worker and gives the connection.
        limits: what it may use.
        shown_as: its name in messages.
        given: bytes of the files that it begins with, as they lie on the disk.
    """

    def __init__(self, open_link: OpenLink, limits: Limits, shown_as: str, given: int = 0) -> None:
        super().__init__(open_link, limits, shown_as)
        self._given = given

    def collect(self, name: str, target: Path) -> int:
        """Take a file or folder out of the worker's folder, while its whole tree stands still; then end the worker.

        Args:
            name: of the file or folder.
            target: where the judge's copy goes.

        Returns:
            Its bytes, as ``artefact.collect`` counts them.

        Raises:
            SolutionValue: if it cannot be taken.
        """
        link = cast("ProcessLink", self._link)
        processes.stop_tree(link.pid)
        try:
            return artefact.collect(link.scratch, name, target)
        finally:
            self._end()

    def held_mb(self) -> float:
        """Most memory that the worker's tree has held so far, in MiB, with the memory that all workers begin with.

        Private and shared memory count, files that it has mapped from its folder, and files that it has made: those in
        its folder, and those that have no name. So does as much as may wait in its pipes and sockets. Libraries do not.

        Raises:
            SolutionValue: if one of its processes cannot be looked into.
        """
        link = cast("ProcessLink", self._link)
        tree, _ = processes.stop_tree(link.pid)
        try:
            memory = sum(processes.peak_kb(pid) + processes.mapped_kb(pid, link.scratch) for pid in tree) / 1024
            written = artefact.bytes_below(link.scratch) - self._given + _nameless_bytes(tree)
            written += sum(processes.queues(tree).values())
            hidden = [pid for pid in tree if not processes.shows_descriptors(pid)]
        finally:
            processes.resume(tree)
        if hidden:
            raise SolutionValue("one of its processes, as of a program that nobody may read, cannot be weighed")
        return memory + max(0, written) / (1 << 20)


def given_bytes(files: Mapping[str, Path]) -> int:
    """What files take on the disk that a worker begins with.

    Args:
        files: as for ``artefact.put``.
    """
    return sum(artefact.bytes_below(path) if path.is_dir() else path.stat().st_blocks * 512 for path in files.values())


def _nameless_bytes(pids: Sequence[int]) -> int:
    """Bytes of open files that no folder shows: removed ones, and memory that is used like a file."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        for place in processes.descriptors(pid):
            try:
                status, name = os.stat(place), os.readlink(place)  # noqa: PTH115, PTH116  of /proc
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and (name.startswith("/memfd:") or name.endswith(" (deleted)")):
                found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())
