"""Import one file by its path, under a private name, once."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from ptassess.errors import ContentError


def load_file(path: Path, what: str = "file") -> ModuleType:
    """The module in a file; the same object for the same path.

    Args:
        path: a Python file of a challenge or plugin, never of a candidate.
        what: for messages.

    Raises:
        ContentError: one line with file, line and error, if it is missing or cannot be imported.
    """
    path = path.resolve()
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    name = f"_ptassess_{digest}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    if not path.is_file():
        raise ContentError(f"{path}: the {what} is missing")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise ContentError(f"{place_of(path, error)}: {_one_line(error)}") from error
    return module


def load_public(private_file: str) -> ModuleType:
    """The public checks of the challenge whose private checks ask for them, for the helpers that both use.

    Args:
        private_file: ``__file__`` of the private checks.

    Raises:
        ContentError: if the public half is not installed.
    """
    home = Path(private_file).resolve().parent.parent
    name = f"test_{home.name}.py"
    if not (home / name).is_file():  # the grader's wheel holds the private half alone
        from ptassess.registry import catalogue

        home = catalogue().challenge(home.name).home
    return load_file(home / name, "public checks")


def place_of(path: Path, error: BaseException) -> str:
    """File and line in which an error arose, as far as it did in that file.

    Args:
        path: of the file.
        error: with its traceback.
    """
    if isinstance(error, SyntaxError):
        return f"{path}, line {error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def _one_line(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    if isinstance(error, ContentError):
        return text
    return f"{type(error).__name__}: {text}".splitlines()[0]
