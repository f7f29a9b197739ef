"""What is known of a check: before it runs, while it runs, and whose code it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.challenge import Challenge, Task
from ptassess.matrix import Entry

if TYPE_CHECKING:
    from ptassess.sandbox import Solution


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
