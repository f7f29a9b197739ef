"""Admission finds what is wrong with a challenge: each flaw is planted, and its line is looked for."""

import pytest

from ptassess import registry
from ptassess.admission import admit
from ptassess.new import create

TESTS = '''
import pytest
import torch

from ptassess.checking import assert_close


@pytest.mark.task("{slug}")
def test_agrees(solution, rng):
    """Values agree."""
    x = torch.randn(8, generator=rng)
    assert_close(solution.{slug}(x), x.abs(), rtol=1e-6, atol=0)


@pytest.mark.task("{slug}", role="property")
def test_is_finite(solution):
    """Finite."""
    assert solution.{slug}(torch.ones(3)).isfinite().all()
'''


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    registry.catalogue.cache_clear()
    yield
    registry.catalogue.cache_clear()


@pytest.fixture
def challenge(tmp_path):
    """A challenge with the given files in place of `ptassess new`'s, as what admission says of it."""

    def examine(slug, files, *, seeds=1):
        home = create(slug, tmp_path)
        for name, text in files.items():
            path = home / name.replace("SLUG", slug)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{slug}", slug))
        found = registry.catalogue((home,))
        return admit([found.challenge(slug)], found, seeds=seeds)[0]

    return examine


def core(text=""):
    return {
        "challenge.py": "from ptassess import Challenge, Task, hookimpl\n"
        + text
        + "\n@hookimpl\ndef ptassess_challenges():\n"
        "    return Challenge(home=__file__, title='X', tasks=[\n"
        "        Task(name='{slug}', points=1, level='foundation', minutes=1)])\n",
        "test_SLUG.py": TESTS,
        "private/reference.py": "def {slug}(x):\n    return x.abs()\n",
    }


def assert_told(report, *lines):
    for line in lines:
        assert any(line in problem for problem in report.problems), (line, report.problems)
    assert not report.admitted


def test_what_new_makes_is_admitted_as_a_draft_on_several_seeds(challenge):
    report = challenge("fresh", {}, seeds=3)
    assert report.problems == []
    assert report.advice
    assert report.figures["mutants"] == 1


def test_a_challenge_with_flaws_is_told_each_of_them(challenge):
    report = challenge(
        "flawed",
        core("import torch\n")
        | {
            "notes.txt": "stray",
            "brief.md": "# Flawed\n\n## Goal\n",
            "starter.py": "def {slug}(x):\n    return x\n",
            "private/mutants/SLUG__rounds_down.py": "# caught by: test_that_is_not_there\n",
            "private/mutants/SLUG__is_right.py": "# caught by: test_agrees\ndef {slug}(x):\n    return abs(x)\n",
            "private/mutants/SLUG__is_broken.py": "# caught by: test_agrees\nimport nowhere_at_all\n",
            "private/mutants/SLUG__is_mute.py": "def {slug}(x):\n    return x\n",
            "private/mutants/other__is_wrong.py": "# caught by: test_agrees\ndef {slug}(x):\n    return x\n",
        },
    )
    assert_told(
        report,
        "importing challenge.py imports torch",
        "notes.txt: no such file belongs in",
        "brief.md has no section 'Hints'",
        "brief.md has no heading that names flawed",
        "test_flawed_private.py is missing",
        "the starter does not end as not attempted in test_agrees",
        "mutants/flawed__rounds_down.py names test_that_is_not_there, and there is no such check",
        "mutants/flawed__is_right.py is not caught by test_agrees on seed 0",
        "mutants/flawed__is_broken.py does not run",
        "mutants/flawed__is_mute.py: its first line must be",
        "mutants/other__is_wrong.py: is named <task>__<what_is_wrong>.py, and there is no such task",
    )


def test_a_reference_that_is_wrong_on_some_seeds_is_found_with_the_seeds(challenge):
    files = core() | {"private/reference.py": "def {slug}(x):\n    return x.abs() if x[0] > 0 else x\n"}
    report = challenge("unsteady", files, seeds=6)
    assert_told(report, "the reference does not have full points: test_agrees on seed")


def test_a_right_solution_that_a_check_refuses_is_found(challenge):
    files = core() | {
        "private/alternatives/SLUG__by_maximum.py": "import torch\n\ndef {slug}(x):\n    return torch.maximum(x, -x)\n",
        "private/alternatives/SLUG__in_double.py": "def {slug}(x):\n    return x.double().abs()\n",
        "private/alternatives/other__somehow.py": "",
    }
    report = challenge("narrow", files, seeds=2)
    assert_told(
        report,
        "alternatives/narrow__in_double.py does not have full points: test_agrees on seeds 0, 1",
        "alternatives/other__somehow.py: is named <task>__<how>.py, and there is no such task",
    )
    assert not any("by_maximum" in problem for problem in report.problems)
    assert report.figures["alternatives"] == 2


def test_a_tolerance_that_the_reference_nearly_uses_up_is_told(challenge):
    files = core() | {"private/reference.py": "def {slug}(x):\n    return x.abs() * (1 + 7e-7)\n"}
    report = challenge("tight", files)
    assert any("test_agrees: the reference's largest error is 0." in line for line in report.advice), report.advice


@pytest.mark.parametrize(
    ("slug", "check", "reference", "kind"),
    [
        ("finite", "assert solution.finite(torch.ones(3)).isfinite().all()", "x.exp()", "zeros"),
        ("shaped", "assert solution.shaped(torch.ones(3)).shape == (3,)", "x.exp()", "input"),
        ("centred", "assert abs(solution.centred(torch.ones(3)).mean() - 1) < 0.1", "x * 1", "mean"),
        ("anything", "solution.anything(torch.ones(3))", "x.exp()", "none"),
        ("loose", "assert not (solution.loose(torch.ones(3)) - 2.7183).abs().max() > 0.01", "x.exp()", "nan"),
    ],
)
def test_a_value_check_that_a_trivial_answer_passes_is_found(challenge, slug, check, reference, kind):
    tests = f"import pytest, torch\n\n\n@pytest.mark.task('{slug}')\ndef test_loosely(solution):\n    {check}\n"
    files = core() | {"test_SLUG.py": tests, "private/reference.py": f"def {slug}(x):\n    return {reference}\n"}
    assert_told(challenge(slug, files), f"a trivial answer ({kind}) earns points in {slug}: test_loosely")


def test_more_meters_than_a_verified_run_allows_are_found(challenge):
    tests = TESTS.replace('task("{slug}")', 'task("{slug}", weight=3)').replace(
        '"property"', '"property", advisory=True'
    )
    report = challenge("metered", core() | {"test_SLUG.py": tests})
    assert_told(report, "25.0 % of its points rest on meters; at most 20 % do in a verified run")


def test_a_task_without_a_value_check_and_an_exception_of_a_checks_own_are_found(challenge):
    tests = TESTS.replace('@pytest.mark.task("{slug}")', '@pytest.mark.task("{slug}", role="property")')
    report = challenge("weak", core() | {"test_SLUG.py": tests})
    assert_told(
        report,
        "weak has no value check",
        "test_is_finite ends in an exception of its own on trivial:none: the check could not use what came back",
    )


def test_what_was_found_before_is_not_run_again(challenge, tmp_path):
    challenge("fresh", {})
    (cache,) = (tmp_path / "cache" / "ptassess" / "admission").iterdir()
    before = {path.name: path.stat().st_size for path in cache.glob("*.jsonl")}
    found = registry.catalogue((tmp_path / "fresh",))
    assert admit([found.challenge("fresh")], found)[0].admitted
    assert {path.name: path.stat().st_size for path in cache.glob("*.jsonl")} == before
