"""Watching: a save runs what it affects, and nothing else."""

import shutil
from pathlib import Path

import pytest

from ptassess import practice
from ptassess.registry import load_challenge

PACK = Path(__file__).parent / "packs" / "double"
SOURCE = b"""
import torch
import math

SCALE = 2

def helper(x):
    return SCALE * x

def double(x):
    return helper(x)

def triple(x):
    return 3 * x
"""


@pytest.mark.parametrize(
    ("old", "new", "tasks"),
    [
        (b"3 * x", b"x * 3", {"triple"}),
        (b"return helper(x)", b"return helper(x) + 0", {"double"}),
        (b"SCALE * x", b"x * SCALE", {"double"}),
        (b"SCALE = 2", b"SCALE = 2.0", {"double"}),
        (b"import math", b"import cmath", {"double", "triple"}),
        (b"import math", b"import math  # a comment", set()),
        (b"3 * x", b"(3  *  x)", set()),
        (b"\nimport torch", b'"""Mine."""\nimport torch', set()),
        (b"    return 3 * x", b'    """Three times."""\n    return 3 * x', set()),
        (b"def triple", b"def quadruple", {"triple"}),
        (b"3 * x", b"3 * (x", {"double", "triple"}),
        (b"", b"", set()),
    ],
)
def test_a_change_affects_the_tasks_whose_code_uses_it(old, new, tasks):
    assert practice.affected(SOURCE, SOURCE.replace(old, new, 1) if old else SOURCE, ["double", "triple"]) == tasks


@pytest.fixture
def kit(tmp_path):
    """A kit of the small challenge."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "double.py").write_bytes(SOURCE)
    shutil.copytree(PACK, tmp_path / "challenges" / "double", ignore=shutil.ignore_patterns("private", "__pycache__"))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\nptassess_submission = .\n")
    return tmp_path


def test_each_save_is_noticed_once_with_its_tasks(kit):
    path = kit / "solutions" / "double.py"
    saves = iter([
        lambda: None,
        lambda: path.write_bytes(SOURCE.replace(b"3 * x", b"x * 3")),
        lambda: None,
        lambda: path.write_bytes(b""),
        lambda: path.write_bytes(SOURCE),
        lambda: (kit / "solutions" / "double.quiz.toml").write_text("[a]"),
        lambda: (kit / "solutions" / "notes.txt").write_text("x"),
    ])  # fmt: skip
    seen = []

    def wait(_):
        next(saves)()

    challenges = [load_challenge(kit / "challenges" / "double")]
    with pytest.raises(RuntimeError, match="StopIteration"):  # noqa: PT012  the saves are used up
        for tasks in practice.changes(kit, challenges, wait, {"double.py": SOURCE}):
            seen.append(tasks)  # noqa: PERF402  what came before the error counts
    both = ["double.double", "double.triple"]
    assert seen == [["double.triple"], both, both]


def test_what_is_saved_while_all_checks_run_is_not_lost(kit):
    path = kit / "solutions" / "double.py"
    ran = []

    def run(tasks):
        ran.append(tasks)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        practice.watch(
            kit,
            [load_challenge(kit / "challenges" / "double")],
            run,
            begin=lambda: path.write_bytes(SOURCE.replace(b"3 * x", b"x * 3")),
            wait=lambda _: None,
        )
    assert ran == [["double.triple"]]


def test_the_wall_is_kept_from_run_to_run_and_only_the_named_tasks_run(kit, capfd):
    keeper = practice.Keeper()
    try:
        assert practice.run_checks(kit, [], keeper) == 0
        first = keeper._wall
        assert practice.run_checks(kit, ["double.triple"], keeper) == 0
        assert keeper._wall is first
    finally:
        keeper.close()
    said = capfd.readouterr().out
    assert "3 passed" in said
    assert "1 passed, 2 deselected" in said
