"""The beginning of a challenge: a small one that already works, for its author to replace piece by piece."""

from __future__ import annotations

from pathlib import Path

from ptassess.challenge import Challenge, Task
from ptassess.errors import UserError

# What an author replaces is said in the files themselves; `ptassess check-challenges` admits them as they are.
_FILES = {
    "challenge.py": '''"""Registers the challenge. Must not import torch."""

from ptassess import Challenge, Task, hookimpl


@hookimpl
def ptassess_challenges():
    """What there is to do: one Task for each function that the candidate writes."""
    return Challenge(
        home=__file__,
        title="{title}",
        tier="draft",  # "core" once `ptassess check-challenges {slug}` has no more advice
        tasks=[Task(name="{slug}", points=1, level="foundation", minutes=5, seconds=5, memory_mb=512)],
    )
''',
    "brief.md": """# {title}

## Goal

One or two sentences: what somebody who solves this can do.

## What you build

### {slug}

`{slug}(x)` returns `x` rounded towards zero, elementwise: a floating-point tensor of any shape, same dtype. State
everything that a check demands: shapes, dtypes, edge cases, and what is free.

## Rules

Use torch as you like.

## Out of scope

What nobody needs to think about here.

## Hints

1. One hint for each task, numbered as they are.

## Further reading

- Where to learn more.
""",
    "starter.py": '''"""{title}: your solution."""

import torch


def {slug}(x: torch.Tensor) -> torch.Tensor:
    """Round towards zero.

    Args:
        x: floating point, any shape.

    Returns:
        Same shape and dtype.
    """
    raise NotImplementedError
''',
    "test_{slug}.py": '''"""Public checks: what the candidate can run."""

import pytest
import torch

from ptassess.checking import assert_close


@pytest.mark.task("{slug}")
def test_rounds_towards_zero(solution, rng):
    """Positive and negative numbers are rounded towards zero."""
    x = 10 * torch.randn(32, generator=rng)
    assert_close(solution.{slug}(x), torch.trunc(x), rtol=0, atol=0, msg="negative numbers are rounded up, not down")
''',
    "private/reference.py": '''"""Our solution, written to be read."""

import torch


def {slug}(x: torch.Tensor) -> torch.Tensor:
    """Round towards zero."""
    return torch.trunc(x)
''',
    "private/mutants/{slug}__rounds_down.py": """# caught by: test_rounds_towards_zero
import torch


def {slug}(x):
    return torch.floor(x)
""",
}


def create(name: str, pack: Path | None = None) -> Path:
    """Write a draft challenge.

    Args:
        name: its slug.
        pack: the folder to make it in; None for ``challenges/`` here if there is one, else here.

    Returns:
        The challenge's folder.

    Raises:
        UserError: one line, if the name cannot be a slug, the folder is there already, or cannot be written.
    """
    base = pack or (Path("challenges") if Path("challenges").is_dir() else Path())
    home = base / name
    if home.exists():
        raise UserError(f"{home}: is there already; choose another name")
    task = Task(name="any", points=1, level="foundation", minutes=5)
    Challenge(home=home, title=name, tasks=(task,))  # raises if the name cannot be a slug
    title = name.replace("_", " ").capitalize()
    try:
        for pattern, text in _FILES.items():
            path = home / pattern.replace("{slug}", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{slug}", name).replace("{title}", title), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{home}: cannot be written ({error.strerror}); use --pack") from None
    return home
