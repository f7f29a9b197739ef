"""What the documents promise: every command, option, file and status that they name is there."""

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from ptassess import cli, outcomes
from ptassess.admission import admit
from ptassess.registry import catalogue

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "candidate.md",
    ROOT / "docs" / "containers.md",
    ROOT / "docs" / "wall.md",
]
GUIDE = ROOT / "docs" / "authors.md"
COMMANDS = typer.main.get_command(cli.app)


def commands_in(text):
    """The commands in a document's code blocks and in its running text."""
    for line in re.findall(r"^\s*\$ (.*)$", text, re.MULTILINE) + re.findall(r"`((?:ptassess|make) [^`]+)`", text):
        for part in line.partition("  #")[0].split(" && "):
            if part.split()[0] in {"ptassess", "make"}:
                yield part


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_the_tool_that_is_shown_exists_with_its_options(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    seen = 0
    for line in commands_in(path.read_text()):
        program, name, *arguments = shlex.split(line)
        seen += 1
        if program == "make":
            assert name in targets, line
            continue
        command = COMMANDS.get_command(click.Context(COMMANDS), name)
        if isinstance(command, click.Group) or hasattr(command, "commands"):
            command = command.commands.get(arguments.pop(0))
        assert command is not None, line
        options = {option for parameter in command.params for option in parameter.opts}
        assert {a for a in arguments if a.startswith("-")} <= options, line
    assert seen >= 5


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(path):
    for name in re.findall(
        r"`((?:tests|ptassess|challenges|examples|benchmarks|reports|plugins)/[\w/.]+)`", path.read_text()
    ):
        assert (ROOT / name).exists(), name
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
        assert (ROOT / target).exists(), target


def test_the_readme_lists_every_exit_status_and_every_competency():
    text = (ROOT / "README.md").read_text()
    for status in (0, 1, 4, *outcomes.Exit):
        assert f"| {int(status)} |" in text
    for slug in catalogue().challenges:
        assert f"| `{slug}` |" in text


def test_every_fixture_is_in_the_authors_table():
    source = (ROOT / "ptassess" / "fixtures.py").read_text()
    text = (ROOT / "CONTRIBUTING.md").read_text()
    names = re.findall(r"^@pytest\.fixture\ndef (\w+)\(", source, re.MULTILINE)
    assert len(names) >= 8
    for name in names:
        assert f"`{name}`" in text, name


def test_the_first_screen_of_the_readme_shows_what_the_tool_prints():
    """The table is the real output: its lines have the form that the summary writes."""
    block = (ROOT / "README.md").read_text().split("```")[1]
    tasks = [task.name for task in catalogue().challenge("linear_algebra").tasks]
    shown = re.findall(r"^  [✓◐✗·-] (\w+) +[FPE]  .{19} +[\d.]+ of \d+$", block, re.MULTILINE)
    assert shown == tasks
    assert max(map(len, block.splitlines())) <= 80


QUOTES = re.findall(r"<!-- (\S+) \[(\w+)\] -->\n```python\n(.*?)\n```", GUIDE.read_text(), re.DOTALL)


@pytest.mark.parametrize(("path", "mark", "quoted"), QUOTES, ids=[f"{path} {mark}" for path, mark, _ in QUOTES])
def test_what_the_authors_guide_quotes_is_a_part_of_the_file(path, mark, quoted):
    found = re.search(rf"# \[{mark}\]\n(.*?)# \[/{mark}\]", (ROOT / path).read_text(), re.DOTALL)
    assert found.group(1).strip("\n") == quoted


def test_the_authors_guide_quotes_all_that_is_marked_and_nothing_else():
    marked = {
        (path.relative_to(ROOT).as_posix(), mark)
        for folder in ("docs/kinds", "tests/packs")
        for path in (ROOT / folder).rglob("*.py")
        for mark in re.findall(r"# \[(\w+)\]", path.read_text())
    }
    assert {(path, mark) for path, mark, _ in QUOTES} == marked
    assert GUIDE.read_text().count("```python") == len(QUOTES)
    assert {"value", "probe", "class", "callable", "session", "service", "quiz", "property"} <= {
        m for _, m, _ in QUOTES
    }


def test_the_challenge_of_the_authors_guide_is_admitted(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = catalogue((ROOT / "docs" / "kinds",))
    (report,) = admit([found.challenge("kinds")], found, seeds=3)
    assert report.problems == []
