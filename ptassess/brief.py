"""What a candidate reads and begins with: a brief's sections and hints, and both brief and starter cut to an exam."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HINTS = "Hints"
_ENTRY = re.compile(r"^\d+\. ", re.MULTILINE)


def section(brief: str, name: str) -> str:
    """The part of a brief from the heading that names something to the next heading of the same depth, or "".

    Args:
        brief: Markdown.
        name: a word of the heading, such as a task's name, or the whole heading.
    """
    found = _find(brief, name)
    return brief[slice(*found)].rstrip() if found else ""


def hint_for(brief: str, task: str) -> tuple[int, str] | None:
    """The number and the text of the hint for a task, or None if the brief has none.

    Args:
        brief: Markdown, whose section of hints names each task first.
        task: its name.
    """
    for number, entry in enumerate(_ENTRY.split(section(brief, _HINTS))[1:], 1):
        name, _, text = entry.partition(":")
        if name.strip(" `") == task:
            return number, " ".join(text.split())
    return None


def with_note(brief: str, note: str) -> str:
    """A brief with a paragraph below its title.

    Args:
        brief: Markdown.
        note: the paragraph, or nothing.
    """
    title, _, rest = brief.partition("\n")
    return f"{title}\n\n{note}\n{rest}" if note else brief


def without_hints(brief: str) -> str:
    """A brief without its section of hints.

    Args:
        brief: Markdown.
    """
    return _cut(brief, _HINTS)


def without_tasks(brief: str, tasks: Iterable[str]) -> str:
    """A brief without some tasks' sections and hints; the hints are numbered anew.

    Args:
        brief: Markdown.
        tasks: their names.
    """
    gone = set(tasks)
    for task in gone:
        brief = _cut(brief, task)
    found = _find(brief, _HINTS)
    if not gone or not found:
        return brief
    head, *entries = _ENTRY.split(brief[slice(*found)].rstrip())
    kept = [entry.rstrip() for entry in entries if entry.partition(":")[0].strip(" `") not in gone]
    hints = head + "\n".join(f"{number}. {entry}" for number, entry in enumerate(kept, 1)) + "\n\n"
    return brief[: found[0]] + hints + brief[found[1] :]


def starter_without(source: str, tasks: Iterable[str]) -> str:
    """A starter without the functions and classes of some tasks, and without those that only these use.

    Args:
        source: Python.
        tasks: their names.
    """
    nodes = {n.name: n for n in ast.parse(source).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    used = {name: {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - {name} for name, node in nodes.items()}
    gone = nodes.keys() & set(tasks)
    while True:
        helpers = {name for user in gone for name in used[user]} & nodes.keys() - gone
        helpers -= {name for user in nodes.keys() - gone for name in used[user]}
        if not helpers:
            break
        gone |= helpers
    lines = source.splitlines(keepends=True)
    for node in sorted((nodes[name] for name in gone), key=lambda node: -node.lineno):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
        while first and not lines[first - 1].strip():  # the empty lines before it go with it
            first -= 1
        del lines[first : node.end_lineno]
    return "".join(lines)


def _find(brief: str, name: str) -> tuple[int, int] | None:
    """Where the section begins and ends."""
    depth = start = place = 0
    for line in brief.splitlines(keepends=True):
        if line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            if depth and level <= depth:
                return start, place
            heading = line.strip("#` \n")
            if not depth and (heading == name or name in heading.replace("`", "").split()):
                depth, start = level, place
        place += len(line)
    return (start, place) if depth else None


def _cut(brief: str, name: str) -> str:
    found = _find(brief, name)
    return brief[: found[0]] + brief[found[1] :] if found else brief
