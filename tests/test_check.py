"""What a check's mark may say, and what has to be said."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ptassess.check import Mark, mark_of
from ptassess.errors import ContentError


def item(mark=None, fixtures=("solution",)):
    """What of pytest's item the mark is read from."""
    return SimpleNamespace(
        path=Path("test_cube.py"),
        originalname="test_cubes",
        fixturenames=list(fixtures),
        get_closest_marker=lambda name: mark.mark if mark and name == "task" else None,
    )


@pytest.mark.parametrize(
    ("mark", "fixtures", "told"),
    [
        (None, (), r'name its task with @pytest.mark.task\("…"\)'),
        (pytest.mark.task(), (), "name its task"),
        (pytest.mark.task("cube", weight=0), (), "weight above 0"),
        (pytest.mark.task("cube", weight=float("nan")), (), "weight above 0"),
        (pytest.mark.task("cube", role="speed"), (), "role 'value' or 'property'"),
        (pytest.mark.task("cube", points=3), (), "takes weight"),
        (pytest.mark.task("cube", advisory=True), ("probes",), "decides no value; say role='property'"),
        (pytest.mark.task("cube", role="property"), ("solution", "probes"), "say advisory=True .* advisory=False"),
    ],
)
def test_a_mark_that_cannot_be_is_named_with_its_place(mark, fixtures, told):
    with pytest.raises(ContentError, match=f"test_cube.py::test_cubes: .*{told}"):
        mark_of(item(mark, fixtures))


@pytest.mark.parametrize(
    ("mark", "fixtures", "read"),
    [
        (pytest.mark.task("cube"), ("solution", "probes"), ("cube", 1.0, "value", False)),
        (pytest.mark.task("cube", weight=2, role="property"), ("race", "probes"), ("cube", 2.0, "property", False)),
        (pytest.mark.task("cube", role="property", advisory=True), ("probes",), ("cube", 1.0, "property", True)),
        (pytest.mark.task("cube", role="property", advisory=False), ("probes",), ("cube", 1.0, "property", False)),
    ],
)
def test_a_mark_is_read(mark, fixtures, read):
    task, weight, role, advisory = read
    assert mark_of(item(mark, fixtures)) == Mark(task=task, weight=weight, role=role, advisory=advisory)
