"""Where the content lies: ``challenges/``, ``exams/``, ``plugins/``, ``reports/`` of a checkout, a wheel, or a pack."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ptassess.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def attacks_dir() -> Path:
    """The folder of the submissions that attack the judge."""
    return roots()[0].path / "attacks"


def digest(home: Path, private: Path | None) -> str:
    """SHA-256 over the names and contents of a challenge's files, in hexadecimal.

    Args:
        home: its folder.
        private: its private half, wherever that lies; None if it is not here.
    """
    found = hashlib.sha256()
    for base in (home, private):
        for path in _files(base) if base else ():
            inside = path.relative_to(base) if base else path
            if base == home and inside.parts[0] == "private":
                continue
            text = path.read_bytes()
            found.update(f"{inside.as_posix()}\0{len(text)}\0".encode() + text)
    return found.hexdigest()


def altered(root: Root) -> list[Path]:
    """Files of built-in challenges that are not as the wheel brought them: changed, added or gone.

    Args:
        root: of ``roots()``. A checkout has no list of its files and is never altered.
    """
    if root.name == "checkout":
        return []
    listed = {}
    for file in metadata.distribution(root.name).files or ():  # the wheel's RECORD
        place = Path(str(file.locate())).resolve()
        if file.hash is not None and place.is_relative_to((root.path / "challenges").resolve()):
            listed[place] = file.hash.value
    there = {path.resolve(): path for path in _files(root.path / "challenges")}
    return sorted(path for path in {*listed, *there} if path not in there or _record_hash(path) != listed.get(path))


def _files(base: Path) -> Iterator[Path]:
    return (
        path for path in sorted(base.rglob("*")) if path.is_file() and "__pycache__" not in path.relative_to(base).parts
    )


def _record_hash(path: Path) -> str:
    """A file's SHA-256 as a RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")
