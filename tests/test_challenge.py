"""A challenge's description is checked when it is made."""

from pathlib import Path

import pytest

from ptassess import Challenge, Task
from ptassess.errors import ContentError


def task(**changes):
    return Task(**{"name": "softmax", "points": 2, "level": "foundation", "minutes": 5} | changes)


def test_the_folder_is_the_slug():
    challenge = Challenge(home="/packs/gelu/challenge.py", title="GELU", tasks=[task()])
    assert (challenge.slug, challenge.home) == ("gelu", Path("/packs/gelu"))
    assert challenge.task("softmax") is challenge.tasks[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Soft Max"}, "letters, digits, underscores"),
        ({"points": 0}, "points must be above 0"),
        ({"points": float("inf")}, "points must be above 0 and at most 1e\\+09"),
        ({"minutes": -1}, "minutes must be above 0"),
        ({"seconds": 0}, "seconds must be above 0"),
        ({"memory_mb": 0}, "memory_mb must be above 0"),
        ({"level": "hard"}, "foundation, practitioner, expert"),
    ],
)
def test_a_task_out_of_range_is_refused(changes, said):
    with pytest.raises(ContentError, match=said):
        task(**changes)


@pytest.mark.parametrize(
    ("home", "tasks", "said"),
    [
        ("/packs/Bad Name/challenge.py", [task()], "a challenge's folder is named"),
        ("/packs/good/challenge.py", [], "at least one Task"),
        ("/packs/good/challenge.py", [task(), task()], "'softmax' is there twice"),
    ],
)
def test_a_challenge_that_cannot_work_is_refused(home, tasks, said):
    with pytest.raises(ContentError, match=said):
        Challenge(home=home, title="x", tasks=tasks)


def test_an_unknown_task_is_named_with_those_that_there_are():
    with pytest.raises(ContentError, match="no task 'relu'; its tasks are softmax"):
        Challenge(home="/packs/a/challenge.py", title="x", tasks=[task()]).task("relu")
