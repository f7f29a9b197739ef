"""What is known of a check: before it runs, while it runs, and whose code it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.challenge import LARGEST, Challenge, Task
from ptassess.errors import ContentError
from ptassess.matrix import Entry

if TYPE_CHECKING:
    from ptassess.sandbox import Solution

_ROLES = ("value", "property")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What ``@pytest.mark.task`` says.

    Args:
        task: its name.
        weight: share inside the task.
        role: ``value`` or ``property``.
        advisory: whether the check rests on what was seen beside the candidate's code.
    """

    task: str
    weight: float
    role: str
    advisory: bool


def mark_of(item: pytest.Function) -> Mark:
    """The mark of a check.

    Args:
        item: as pytest has collected it.

    Raises:
        ContentError: if it has none, or one that cannot be.
    """
    marker = item.get_closest_marker("task")
    where = f"{item.path.name}::{item.originalname}"
    if marker is None or len(marker.args) != 1:
        raise ContentError(f'{where}: name its task with @pytest.mark.task("…")')
    role, weight = marker.kwargs.get("role", "value"), marker.kwargs.get("weight", 1)
    if set(marker.kwargs) - {"weight", "role", "advisory"} or role not in _ROLES or not 0 < weight <= LARGEST:
        raise ContentError(f"{where}: @pytest.mark.task takes weight above 0, role 'value' or 'property', and advisory")
    advisory = marker.kwargs.get("advisory")
    if role == "value" and advisory:
        raise ContentError(
            f"{where}: a solution can correct what a probe tells, so it decides no value; say role='property'"
        )
    if role == "property" and advisory is None and {"solution", "probes"} <= set(item.fixturenames):
        # Whoever copies a check forgets the word, and then a share of the score can be forged without anybody's notice.
        raise ContentError(
            f"{where}: say advisory=True if it rests on what a probe saw, advisory=False if only on a value's content"
        )
    return Mark(task=marker.args[0], weight=float(weight), role=role, advisory=bool(advisory))


@dataclass(frozen=True, kw_only=True)
class Check:
    """What is known of a check before it runs.

    Args:
        challenge: whose check it is.
        task: what it assesses.
        name: of the test, with its parameters.
        private: whether only graders have it.
        half: the folder of the challenge's half that it belongs to, where its bands lie.
        weight: share inside the task.
        role: ``value`` or ``property``.
        advisory: whether it rests on what was seen beside the candidate's code.
        title: first line of its docstring, or its name in words.
        entry: the submission of an admission run, or None.
    """

    challenge: Challenge
    task: Task
    name: str
    private: bool
    half: Path
    weight: float
    role: str
    advisory: bool
    title: str
    entry: Entry | None = None


@dataclass
class Findings:
    """What a running check has said so far."""

    evidence: dict[str, Any] = field(default_factory=dict)
    credit: float = 1.0
    reason: str = ""
    handles: list[Solution] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """Whose code runs.

    Args:
        path: of the file; None if there is none.
        shown_as: its name in messages.
        overlay: a file to execute on top of it.
    """

    path: Path | None
    shown_as: str
    overlay: Path | None = None


CHECK = pytest.StashKey[Check]()
FINDINGS = pytest.StashKey[Findings]()
