"""An attack: one file in ``attacks/<group>/``, which says in its first lines what it does and what must become of it.

The header, below the docstring::

    # control: passes, touches tcp     what it does to a judge without a wall; all of it must be seen
    # verdict: failed crash or raised  what ours makes of it: outcome and, where it matters, cause
    # level: locked                    the weakest level of isolation that stops it; ``locked from Landlock 6``: where
                                       the kernel has an older one, the next level does
    # needs: IPv6                      what a machine may lack; without that it cannot be tried there

A file that defines ``make(folder, where)`` builds a submission of several files, or an archive; any other is the
solution itself. A name that ends in ``_twice`` is judged twice, and the second time counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptassess.content import attacks_dir
from ptassess.errors import ContentError
from ptassess.loading import load_file
from ptassess.sandbox import landlock

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

GROUPS = {
    "reads": "reads what is the judge's or another candidate's",
    "ends": "ends the judge",
    "patches": "replaces what the judge compares, measures or is configured with",
    "frames": "forges what its process sends",
    "values": "returns what only looks right",
    "exhausts": "takes all there is of something",
    "reaches": "reaches other processes, the network or the kernel",
    "stays": "leaves something for the next candidate",
    "intake": "is more than files when it is handed in",
    "shows": "is shown to whoever reads the result",
}
"""The groups, by folder."""

LEVELS = ("process", "locked", "namespaced")
"""Levels that a header may name, weakest first."""

_HEADER = re.compile(r"^# (control|verdict|level|needs): (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack.

    Args:
        path: its file.
        group: name of its folder.
        does: what it does, in one line.
        control: what becomes of a judge without a wall; see ``ptassess.wallcheck.controls``.
        outcome: of the check, behind the wall.
        causes: of that outcome; empty for any.
        level: the weakest level that stops it on this machine.
        needs: what a machine may lack, or empty.
        makes: whether it builds a folder or an archive.
        located: whether it is told where the canaries are.
    """

    path: Path
    group: str
    does: str
    control: tuple[str, ...]
    outcome: str
    causes: tuple[str, ...]
    level: str
    needs: str
    makes: bool
    located: bool

    @property
    def name(self) -> str:
        """Of its file."""
        return self.path.stem

    @property
    def runs(self) -> int:
        """How often it is judged, one after the other."""
        return 2 if self.name.endswith("_twice") else 1

    @property
    def hangs(self) -> bool:
        """Whether a judge without a wall waits for it for ever."""
        return "hangs" in self.control

    def is_stopped_at(self, level: str) -> bool:
        """Whether a level must stop it.

        Args:
            level: name; one that is none of the built-in ones is taken for as strong as the strongest.
        """
        return level not in LEVELS or LEVELS.index(self.level) <= LEVELS.index(level)


def read(path: Path) -> Attack:
    """Read an attack's header.

    Args:
        path: its file.

    Raises:
        ContentError: if something is missing in it.
    """
    text = path.read_text(encoding="utf-8")
    head = dict(_HEADER.findall(text))
    does = text.partition('"""')[2].partition('"""')[0].strip()
    missing = [key for key in ("control", "verdict", "level") if key not in head]
    if missing or not does or head["level"].split()[0] not in LEVELS or path.parent.name not in GROUPS:
        raise ContentError(f"{path}: an attack begins with a docstring and the lines # control, # verdict and # level")
    level, _, version = head["level"].partition(" from Landlock ")
    if version and landlock.version() < int(version):
        level = LEVELS[LEVELS.index(level) + 1]
    outcome, _, causes = head["verdict"].partition(" ")
    return Attack(
        path=path,
        group=path.parent.name,
        does=" ".join(does.split()),
        control=tuple(head["control"].split(", ")),
        outcome=outcome,
        causes=tuple(causes.split(" or ")) if causes else (),
        level=level,
        needs=head.get("needs", ""),
        makes="\ndef make(" in text,
        located="WHERE" in text or "\ndef make(" in text,
    )


def found() -> list[Attack]:
    """Every attack that is installed, group by group.

    Raises:
        ContentError: if one has no header.
    """
    return [read(path) for group in GROUPS for path in sorted((attacks_dir() / group).glob("*.py"))]


def build(path: Path, folder: Path, where: dict[str, Any]) -> Path:
    """Have an attack build its submission.

    Args:
        path: of its file, which defines ``make``.
        folder: for the submission; made if it is missing.
        where: the canaries are.

    Returns:
        The archive that it made in there, or the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = load_file(path, "attack").make(folder, where)
    return made or folder
