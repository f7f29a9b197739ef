"""Ship every challenge's ``private/`` folder, and nothing else, as ``ptassess_grader/_bundle/challenges/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface


class SameVersionHook(MetadataHookInterface):
    """Both wheels come from one tree, so the grader needs exactly the ptassess of its own version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the pinned dependency.

        Args:
            metadata: the project's metadata, changed in place.
        """
        version = {}
        exec((Path(self.root).parent / "ptassess" / "_version.py").read_text(encoding="utf-8"), version)  # noqa: S102  our own file
        metadata["dependencies"] = [f"ptassess=={version['__version__']}"]


class PrivateHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the private parts to standard wheels; an editable install reads the checkout itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map each private file to its place in the wheel.

        Args:
            version: hatchling's build version, ``standard`` or ``editable``.
            build_data: hatchling's mutable build data.
        """
        if version != "standard":
            return
        challenges = Path(self.root).parent / "challenges"
        for file in sorted(challenges.glob("*/private/**/*")):
            inside = file.relative_to(challenges)
            if file.is_file() and "__pycache__" not in inside.parts:
                build_data["force_include"][str(file)] = f"ptassess_grader/_bundle/challenges/{inside.as_posix()}"
