"""Ship the content folders inside the wheel, without the answers.

Only *standard* wheels get the copies: an editable install reads the checkout itself, and copies there would go stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONTENT = ("attacks", "challenges", "exams", "plugins", "reports")


class ContentHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the content folders as ``ptassess/_bundle/``, leaving every ``private/`` out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map each public content file to its place in the wheel.

        Args:
            version: hatchling's build version, ``standard`` or ``editable``.
            build_data: hatchling's mutable build data.
        """
        if version != "standard":
            return
        root = Path(self.root)
        for name in CONTENT:
            for file in sorted((root / name).rglob("*")):
                inside = file.relative_to(root)
                if file.is_file() and not {"private", "__pycache__"} & set(inside.parts):
                    build_data["force_include"][str(file)] = f"ptassess/_bundle/{inside.as_posix()}"
