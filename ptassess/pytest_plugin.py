"""The entry point of pytest's plugin: options, markers, and the switch that turns an assessment on.

Nothing else is imported or registered until a challenge's check is about to be collected, so that a project
whose environment merely contains ptassess notices nothing: no fixture, no hook, no torch, no jinja2.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptassess.options import add_options

if TYPE_CHECKING:
    from ptassess.assessment import Assessment

_ASSESSMENT = pytest.StashKey["Assessment"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of group ``ptassess``."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and begin if the command line names challenges."""
    config.addinivalue_line(
        "markers",
        "task(name, weight=1, role='value', advisory=False): the task of a challenge that this check assesses; "
        "a 'property' earns only if the task's value checks passed",
    )
    config.addinivalue_line("markers", "gpu: a check that needs an accelerator; part of --profile gpu")
    if not config.getoption("help", default=False) and any(_names_challenges(arg, config) for arg in config.args):
        _begin(config)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    """Begin when the first check of a challenge is found, however pytest came to it."""
    if is_challenge_test(module_path):
        try:
            _begin(parent.config)
        except pytest.UsageError as error:  # in the midst of a collection pytest would show it with a traceback
            raise parent.CollectError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Under xdist: hand the run seed to each worker, so that all draw from one."""
    if assessment := node.config.stash.get(_ASSESSMENT, None):
        node.workerinput["ptassess_seed"] = assessment.settings.seed


def assessment_of(config: pytest.Config) -> Assessment:
    """The assessment that is under way.

    Args:
        config: pytest's.

    Raises:
        KeyError: if none is.
    """
    return config.stash[_ASSESSMENT]


def is_challenge_test(path: Path) -> bool:
    """Whether a file lies in a challenge's folder, or in its ``private`` one.

    Args:
        path: a test file.
    """
    folder = path.parent
    if folder.name == "private":
        # The grader's wheel holds private folders without the public half beside them.
        return (folder.parent / "challenge.py").is_file() or (folder / "reference.py").is_file()
    return (folder / "challenge.py").is_file()


def _names_challenges(arg: str, config: pytest.Config) -> bool:
    path = config.invocation_params.dir / arg.split("::", 1)[0]
    if path.is_file():
        return is_challenge_test(path)
    return any((path / pattern).exists() for pattern in ("challenge.py", "reference.py")) or (
        path.is_dir() and any(path.glob("*/challenge.py"))
    )


def _begin(config: pytest.Config) -> None:
    if _ASSESSMENT in config.stash:
        return
    from ptassess.assessment import begin

    config.stash[_ASSESSMENT] = begin(config)
