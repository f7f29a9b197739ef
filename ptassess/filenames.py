"""Names of a candidate's files: which are left out because pytest or Python would take them for orders."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import PurePosixPath

MAX_LEVELS = 16  # of folders; a package seldom has four
MAX_NAME = 512  # bytes of a path inside solutions/; with a scratch folder's own it stays below macOS' PATH_MAX of 1024
_MAX_PART = 255  # bytes of one part: NAME_MAX of ext4, xfs, APFS

# What pytest and coverage look for in a folder, and what Python runs when it starts or reads beside its packages.
_CONFIGURATION = frozenset({
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "setup.cfg", "tox.ini",
    ".coveragerc", "sitecustomize.py", "usercustomize.py", "pyvenv.cfg",
})  # fmt: skip
_ANNOUNCED = (".dist-info", ".egg-info", ".egg-link", ".pth")  # entry points, paths, code that runs at start
_COMPILED = frozenset({".pyc", ".pyo", ".so", ".pyd"})  # what Python imports and nobody can read
_MODULE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".zip", "")  # endings of what an import finds; none: a folder

# Import names of what runs beside a solution, or judges it.
_BESIDE = frozenset({
    "torch", "torchgen", "torchvision", "torchaudio", "functorch", "triton", "numpy", "scipy", "sklearn", "pandas",
    "safetensors", "PIL", "pytest", "_pytest", "pluggy", "xdist", "execnet", "pytest_benchmark", "hypothesis",
    "msgspec", "psutil", "jinja2", "markupsafe", "markdown_it", "packaging", "rich", "typer", "click", "pynvml",
    "setuptools", "pkg_resources", "pip", "ptassess", "ptassess_grader",
})  # fmt: skip
MODULES = frozenset(sys.stdlib_module_names) | _BESIDE
"""Top-level modules that no file of a submission may stand in for."""


def why_left_out(name: str) -> str | None:
    """Why a file or folder is left out because of its name; None if it is taken.

    Inside a solution's own package, ``<slug>/``, a module may be called as it likes: it is imported from there by the
    package's name, and shadows nothing.

    Args:
        name: path inside ``solutions/``, with forward slashes.
    """
    path = PurePosixPath(name)
    own = path.name.casefold()
    if own in _CONFIGURATION or own.endswith(_ANNOUNCED):
        return "it would configure pytest or Python, and nothing of a submission does"
    module = path.name.partition(".")[0]
    if len(path.parts) == 1 and module in MODULES and path.suffix in _MODULE:
        return f"it would stand in for the module {module}; give it another name"
    if path.suffix.casefold() in _COMPILED:
        return "it is compiled, which nobody can look at; hand in its source"
    return None


def objection(name: str) -> str | None:
    """What is wrong with the length or the depth of a path; None if nothing is.

    Args:
        name: path inside ``solutions/`` or an archive, with forward slashes.
    """
    parts = PurePosixPath(name).parts
    if len(parts) > MAX_LEVELS:
        return f"more than {MAX_LEVELS} folders inside each other"
    if len(name.encode()) > MAX_NAME or any(len(part.encode()) > _MAX_PART for part in parts):
        return "a name that is too long"
    return None


class Twins:
    """Finds two paths that some file systems cannot tell apart: letters that differ in case or composition only."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def of(self, name: str) -> str | None:
        """Note a path and the folders that it lies in.

        Args:
            name: with forward slashes.

        Returns:
            One that was noted before, is spelled differently and means the same to such a file system; else None.
        """
        path = PurePosixPath(name)
        for one in (path, *path.parents):
            told = one.as_posix()
            known = self._seen.setdefault(unicodedata.normalize("NFC", told).casefold(), told)
            if known != told:
                return known
        return None
