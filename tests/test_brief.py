"""Briefs and starters can be looked up by task, and cut to what an exam asks."""

import ast

from ptassess import brief

BRIEF = """# Kites

## What you build

### fly

Fly it.

#### Wind

Some.

### land `(softly)`

Land it.

## Hints

1. `fly`: run
   first.
2. `land`: stop running.
3. `quiz`: read.

## Further reading

- A book.
"""

STARTER = '''"""Kites."""

import torch
from torch import nn


class String(nn.Module):
    """What holds it."""


def knot():
    """Shared by both."""


@torch.no_grad()
def fly():
    """Up."""
    return String(), knot()


# softly
def land():
    """Down."""
    return knot()
'''


def test_a_section_ends_at_the_next_heading_of_its_depth():
    assert brief.section(BRIEF, "fly") == "### fly\n\nFly it.\n\n#### Wind\n\nSome."
    assert brief.section(BRIEF, "land").startswith("### land")
    assert brief.section(BRIEF, "Further reading") == "## Further reading\n\n- A book."
    assert not brief.section(BRIEF, "dive")


def test_a_hint_has_its_number_and_its_text_in_one_line():
    assert brief.hint_for(BRIEF, "fly") == (1, "run first.")
    assert brief.hint_for(BRIEF, "dive") is None


def test_without_a_task_the_other_hints_are_numbered_anew_and_the_rest_stays():
    cut = brief.without_tasks(BRIEF, ["fly"])
    assert not brief.section(cut, "fly")
    assert "Some." not in cut
    assert brief.section(cut, "land") == brief.section(BRIEF, "land")
    assert brief.hint_for(cut, "land") == (1, "stop running.")
    assert cut.endswith("\n\n## Further reading\n\n- A book.\n")
    assert brief.without_tasks(BRIEF, []) == BRIEF


def test_without_hints_only_the_hints_are_gone():
    assert brief.without_hints(BRIEF) == BRIEF.replace(BRIEF[BRIEF.index("## Hints") : BRIEF.index("## Further")], "")


def test_a_starter_loses_a_task_and_what_only_that_task_uses():
    names = {node.name for node in ast.parse(brief.starter_without(STARTER, ["fly"])).body if hasattr(node, "name")}
    assert names == {"knot", "land"}
    assert "no_grad" not in brief.starter_without(STARTER, ["fly"])
    assert brief.starter_without(STARTER, []) == STARTER
