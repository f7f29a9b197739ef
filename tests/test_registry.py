"""Challenges and plugins are found wherever they may lie; one broken thing does not take the rest down."""

import sys
import types
from importlib import metadata

import pytest

from ptassess import hookimpl, loading, registry
from ptassess.errors import ContentError, UserError
from ptassess.registry import catalogue

CHALLENGE = """
from ptassess import Challenge, Task, hookimpl

@hookimpl
def ptassess_challenges():
    return Challenge(home=__file__, title="Mine", tasks=[Task(name="f", points=1, level="foundation", minutes=1)])
"""


@pytest.fixture(autouse=True)
def afresh():
    """No catalogue of another test."""
    catalogue.cache_clear()
    yield
    catalogue.cache_clear()


def challenge(folder, name="mine", text=CHALLENGE):
    (folder / name).mkdir(parents=True)
    (folder / name / "challenge.py").write_text(text)
    return folder / name


@pytest.fixture
def announce(monkeypatch):
    """Announce modules by entry points of the group `ptassess`."""

    def install(**modules):
        points = []
        for name, module in modules.items():
            if module is not None:
                monkeypatch.setitem(sys.modules, f"third_party_{name}", module)
            points.append(metadata.EntryPoint(name, f"third_party_{name}", "ptassess"))
        monkeypatch.setattr(registry.metadata, "entry_points", lambda group: points if group == "ptassess" else [])

    return install


def plugin(**functions):
    module = types.ModuleType("plugin")
    vars(module).update(functions)
    return module


# -- packs -----------------------------------------------------------------------------------------------------


def test_a_pack_is_a_challenge_a_folder_of_them_or_a_folder_with_challenges_in_it(tmp_path):
    home = challenge(tmp_path / "pack" / "challenges")
    for pack in (home, home.parent, home.parent.parent):
        catalogue.cache_clear()
        found = catalogue((pack,))
        assert found.challenge("mine").home == home
        assert "linear_algebra" in found.challenges


def test_a_pack_comes_before_what_is_built_in(tmp_path):
    home = challenge(tmp_path, "linear_algebra")
    found = catalogue((tmp_path,))
    assert found.challenge("linear_algebra").home == home
    assert any("a second challenge 'linear_algebra'" in line and str(home) in line for line in found.problems)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:", r"challenge\.py, line 1: SyntaxError"),
        ("import nowhere_at_all", r"challenge\.py, line 1: ModuleNotFoundError"),
        ("x = 1", "no function ptassess_challenges"),
        (
            CHALLENGE.replace("ptassess_challenges", "ptassess_challenge"),
            "no hook ptassess_challenge; is ptassess_challenges meant",
        ),
        (CHALLENGE.replace("__file__", "'/elsewhere/challenge.py'"), "pass home=__file__"),
        (CHALLENGE.replace("return Challenge", "return 3 or Challenge"), "must return a Challenge"),
        (CHALLENGE.replace("points=1", "points=0"), "points must be above 0"),
    ],
)
def test_a_mistake_in_a_named_pack_is_one_line_with_the_place(tmp_path, text, said):
    challenge(tmp_path, text=text)
    with pytest.raises(ContentError, match=said) as info:
        catalogue((tmp_path,))
    assert "\n" not in str(info.value)


def test_a_pack_that_is_not_there_or_empty_is_named(tmp_path):
    with pytest.raises(ContentError, match="no such folder; check --pack"):
        catalogue((tmp_path / "none",))
    with pytest.raises(ContentError, match=r"no challenge\.py in it"):
        catalogue((tmp_path,))


def test_an_unknown_competency_is_answered_with_what_comes_near():
    with pytest.raises(ContentError, match="linear_algebr: no such competency; is 'linear_algebra' meant"):
        catalogue().challenge("linear_algebr")


def test_a_pack_may_bring_plugins(tmp_path):
    challenge(tmp_path / "challenges")
    (tmp_path / "plugins" / "names").mkdir(parents=True)
    (tmp_path / "plugins" / "names" / "plugin.py").write_text(
        "from ptassess import hookimpl\nfrom ptassess.hookspecs import Exporter\n\n"
        "@hookimpl\ndef ptassess_exporters():\n"
        "    return [Exporter(name='names', summary='names', write=lambda runs, path: None)]\n"
    )
    found = catalogue((tmp_path,))
    assert found.named("ptassess_exporters", "names").summary == "names"
    with pytest.raises(UserError, match="xls: no such exporter; there are: csv, names"):
        found.named("ptassess_exporters", "xls")


def test_a_pack_without_a_private_half_is_not_paired_with_another_of_its_name(tmp_path):
    challenge(tmp_path, "linear_algebra")
    assert "linear_algebra" not in catalogue((tmp_path,)).private


# -- third parties ---------------------------------------------------------------------------------------------


def test_an_entry_point_brings_challenges(tmp_path, announce):
    home = challenge(tmp_path)
    announce(good=loading.load_file(home / "challenge.py"))
    found = catalogue()
    assert found.challenge("mine").home == home
    assert found.problems == []


def test_a_broken_third_party_is_one_line_and_takes_nobody_down(tmp_path, announce):
    good = loading.load_file(challenge(tmp_path) / "challenge.py")
    announce(
        missing=None,
        broken=plugin(ptassess_challenges=lambda: 1 / 0),
        misspelt=plugin(ptassess_chalenges=lambda: ()),
        good=good,
    )
    found = catalogue()
    assert {"mine", "linear_algebra"} <= set(found.challenges)
    assert len(found.problems) == 3
    assert all("\n" not in line for line in found.problems)
    assert any("is ptassess_challenges meant?" in line for line in found.problems)


def test_a_marked_function_that_is_no_hook_is_a_misspelling(announce):
    @hookimpl
    def exporters():
        return ()

    announce(typo=plugin(exporters=exporters))
    assert any("no hook exporters" in line for line in catalogue().problems)


def test_a_hook_that_raises_is_noted_and_the_others_are_heard(announce):
    @hookimpl
    def ptassess_findings(submission):
        return [submission]

    announce(one=plugin(ptassess_findings=ptassess_findings), two=plugin(ptassess_findings=hookimpl(lambda: 1 / 0)))
    found = catalogue()
    assert found.gather("ptassess_findings", submission="s", challenges=()) == ["s"]
    assert any("ptassess_findings raised ZeroDivisionError" in line for line in found.problems)


def test_a_plugin_may_bring_a_level_of_isolation(announce):
    from ptassess.sandbox import Level

    @hookimpl
    def ptassess_isolation_levels():
        return [Level(name="vm", rank=50, summary="a machine", probe=lambda: "needs a key", open=lambda: None)]

    announce(vm=plugin(ptassess_isolation_levels=ptassess_isolation_levels))
    found = [level.name for level in catalogue().levels()]
    assert found[:4] == ["inprocess", "process", "locked", "namespaced"]
    assert set(found[4:]) == {"container", "vm"}


# -- one file --------------------------------------------------------------------------------------------------


def test_a_file_is_loaded_once_under_a_private_name(tmp_path):
    (tmp_path / "torch.py").write_text("value = object()\n")
    first, second = loading.load_file(tmp_path / "torch.py"), loading.load_file(tmp_path / "torch.py")
    assert first is second
    assert first.__name__.startswith("_ptassess_")
    assert sys.modules.get("torch") is not first


def test_a_file_that_cannot_be_loaded_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\nraise KeyError('gone')\n")
    for _ in range(2):
        with pytest.raises(ContentError, match=r"a\.py, line 2: KeyError: 'gone'"):
            loading.load_file(tmp_path / "a.py")
    with pytest.raises(ContentError, match="the quiz is missing"):
        loading.load_file(tmp_path / "b.py", "quiz")
