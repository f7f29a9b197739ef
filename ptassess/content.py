"""Where the content lies: ``challenges/``, ``exams/``, ``plugins/``, ``reports/`` of a checkout, a wheel, or a pack."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ptassess.errors import ContentError

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Root:
    """A place that holds content.

    Args:
        path: folder above ``challenges/``.
        name: for messages: ``checkout``, ``ptassess``, ``ptassess-grader``, or the pack's path.
    """

    path: Path
    name: str

    def challenges(self) -> list[Path]:
        """The folders of its challenges, sorted by name."""
        return sorted(path.parent for path in (self.path / "challenges").glob("*/challenge.py"))

    def private(self) -> dict[str, Path]:
        """The private halves by slug."""
        return {
            path.parent.name: path for path in sorted((self.path / "challenges").glob("*/private")) if path.is_dir()
        }

    def exams(self) -> list[Path]:
        """The files of its ready exams, sorted by name."""
        return sorted((self.path / "exams").glob("*.toml"))

    def plugins(self) -> list[Path]:
        """The files of its plugins, sorted by name."""
        return sorted((self.path / "plugins").glob("*/plugin.py"))


def roots() -> list[Root]:
    """The built-in content: the checkout's, or what the two wheels brought.

    Raises:
        ContentError: if there is none, which means that the installation is broken.
    """
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "challenges").is_dir():
        return [Root(path=checkout, name="checkout")]
    bundle = _PACKAGE / "_bundle"
    if not bundle.is_dir():
        raise ContentError(f"{bundle}: the bundled challenges are missing; reinstall ptassess")
    found = [Root(path=bundle, name="ptassess")]
    grader = importlib.util.find_spec("ptassess_grader")
    if grader is not None and grader.origin:
        private = Path(grader.origin).parent / "_bundle"
        if private.is_dir():
            found.append(Root(path=private, name="ptassess-grader"))
    return found


def pack_challenges(pack: Path) -> list[Path]:
    """The challenges' folders in a pack.

    Args:
        pack: a challenge's own folder, a folder of them, or a folder with ``challenges/`` in it.

    Raises:
        ContentError: if there is none.
    """
    if (pack / "challenge.py").is_file():
        return [pack]
    for base in (pack, pack / "challenges"):
        if found := sorted(path.parent for path in base.glob("*/challenge.py")):
            return found
    raise ContentError(f"{pack}: no challenge.py in it, in its folders, or in {pack.name}/challenges; check --pack")


def reports_dir() -> Path:
    """The folder of the report templates."""
    return roots()[0].path / "reports"
