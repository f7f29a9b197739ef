"""What a candidate does in a kit beside running pytest: watch, look where they stand."""

from __future__ import annotations

import ast
import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.errors import SubmissionError
from ptassess.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ptassess.challenge import Challenge
    from ptassess.sandbox import Level, Wall

LOOK_SECONDS = 0.2
# A process that runs pytest again and again has imported everything before, which pytest would warn of.
_QUIET = ("-q", "--no-header", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


class Keeper:
    """A pytest plugin that keeps one wall from run to run, so that only the first waits for torch.

    Attributes:
        name: under which the assessment finds it.
    """

    name = "ptassess-keeper"

    def __init__(self) -> None:
        self._wall: Wall | None = None

    def open(self, floor: str | None, levels: Sequence[Level], hidden: Sequence[Path]) -> Wall:
        """The wall; opened the first time.

        Args:
            floor: the least level.
            levels: to choose from.
            hidden: folders that no worker may read.
        """
        from ptassess.sandbox import open_wall

        if self._wall is None:
            self._wall = open_wall(floor, levels, hidden=hidden)
        return self._wall

    def close(self) -> None:
        """Take it down."""
        if self._wall is not None:
            self._wall.close()


def run_checks(root: Path, tasks: Iterable[str], keeper: Keeper, *options: str) -> int:
    """Run checks in this process.

    Args:
        root: of the kit.
        tasks: as ``competency.task``; all if there is none.
        keeper: of the wall.
        options: more of pytest's.

    Returns:
        pytest's exit status.
    """
    chosen = [argument for task in tasks for argument in ("--task", task)]
    with contextlib.chdir(root):
        return int(pytest.main([*_QUIET, *chosen, *options, "challenges"], plugins=[_Named(keeper)]))


class _Named:
    """Registers the keeper under its name: ``pytest.main`` registers plugins without one."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Register it before any challenge is collected."""
        config.pluginmanager.register(self._keeper, Keeper.name)


def watch(
    root: Path,
    challenges: Sequence[Challenge],
    run: Callable[[list[str]], Any],
    *,
    begin: Callable[[], Any] = lambda: None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Run what each save affects, until interrupted.

    Args:
        root: of the kit.
        challenges: in it.
        run: runs the checks of tasks, named ``competency.task``.
        begin: runs all of them; what is saved meanwhile counts as a change.
        wait: between two looks; seconds.
    """
    seen = _contents(root) or {}
    begin()
    for tasks in changes(root, challenges, wait, seen):
        run(tasks)


def changes(
    root: Path, challenges: Sequence[Challenge], wait: Callable[[float], None], seen: dict[str, bytes]
) -> Iterator[list[str]]:
    """The tasks that each save affects, as they come.

    Args:
        root: of the kit.
        challenges: in it.
        wait: between two looks; seconds.
        seen: contents by file, from which on changes count.

    Yields:
        Names, ``competency.task``, never none.
    """
    while True:
        wait(LOOK_SECONDS)
        now = _contents(root)
        if now is None:
            continue
        tasks: list[str] = []
        for challenge in challenges:
            names = [task.name for task in challenge.tasks]
            found: set[str] = set()
            for path in now.keys() | seen.keys():
                if path in (f"{challenge.slug}.py", f"{challenge.slug}/__init__.py"):
                    found |= affected(seen.get(path, b""), now.get(path, b""), names)
                elif path == f"{challenge.slug}.quiz.toml" and now.get(path) != seen.get(path):
                    found |= {task.name for task in challenge.tasks if task.kind == "quiz"}
                elif path.startswith(f"{challenge.slug}/") and now.get(path) != seen.get(path):
                    found |= set(names)
            tasks += [f"{challenge.slug}.{name}" for name in names if name in found]
        seen = now
        if tasks:
            yield tasks


def affected(before: bytes, after: bytes, tasks: Sequence[str]) -> set[str]:
    """The tasks whose code, or code that it uses, differs between two versions of a file.

    Args:
        before: source.
        after: source.
        tasks: names of functions and classes.

    Returns:
        All of them where the file cannot be parsed, or something without a name differs.
    """
    if before == after:
        return set()
    try:
        old, new = _pieces(before), _pieces(after)
    except (SyntaxError, ValueError):
        return set(tasks)
    changed = {name for name in old.keys() | new.keys() if old.get(name, ("",))[0] != new.get(name, ("",))[0]}
    if "" in changed:  # an import, an expression
        return set(tasks)
    grown = True
    while grown:
        users = {name for name, (_, used) in new.items() if used & changed}
        grown = not users <= changed
        changed |= users
    return changed & set(tasks)


def _pieces(source: bytes) -> dict[str, tuple[str, set[str]]]:
    """Each top-level name's code, without its places and docstrings, and the names that the code uses."""
    pieces: dict[str, tuple[str, set[str]]] = {"": ("", set())}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            names = [node.name]
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)] or [""]
        else:
            names = [""]
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for name in names:
            text, known = pieces.get(name, ("", set()))
            pieces[name] = (text + ast.dump(node), known | used)
    return pieces


def _contents(root: Path) -> dict[str, bytes] | None:
    """The files of ``solutions/`` by their names; None while an editor is in the midst of replacing them."""
    try:
        return dict(Submission.open(root).contents())
    except (OSError, SubmissionError):
        return None


def clear_screen() -> None:
    """Begin at the top of the terminal, if it is one."""
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        sys.stdout.write("\x1b[2J\x1b[H")
        sys.stdout.flush()
