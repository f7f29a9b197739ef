"""Submissions that attack the judge: each succeeds where there is no wall, and earns nothing behind ours.

The suite is what `ptassess check-wall` runs. At the strongest level of this machine all attacks are judged, at a weaker
one those that it is the first to stop: each is tried where its header says that it becomes harmless, and where
solutions are judged by default.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ptassess.errors import ContentError, IsolationError, UserError
from ptassess.sandbox import BUILT_IN, Level
from ptassess.wallcheck import attack, canaries, controls, judged, shown, suite, watch

ROOT = Path(__file__).parents[1]
ATTACKS = attack.found()
LEVELS = {level.name: level.probe() for level in BUILT_IN if level.name in attack.LEVELS}
STRONGEST = next((name for name in reversed(attack.LEVELS) if LEVELS[name] is None), None)


def named(name):
    return next(a for a in ATTACKS if a.name == name)


def meant(level):
    """The attacks that are judged at a level; what is only handed in or shown meets no wall, and is judged once."""
    if level == STRONGEST:
        return [a for a in ATTACKS if a.is_stopped_at(level)]
    return [a for a in ATTACKS if a.level == level and not a.makes and a.group != "shows"]


@pytest.fixture(scope="class")
def bare(tmp_path_factory):
    """What became of the judges without a wall, by attack."""
    return controls.run(ATTACKS, tmp_path_factory.mktemp("controls"))


class TestWithoutAWall:
    @pytest.mark.parametrize("a", ATTACKS, ids=lambda a: a.name)
    def test_the_attack_succeeds(self, bare, a):
        found = controls.success(a, bare[a.name])
        if found.cannot:
            pytest.skip(f"cannot be tried here: {found.cannot}")
        assert found.ok, found.why


@pytest.fixture(scope="class")
def verdicts(request, tmp_path_factory):
    """What became of the attacks that are judged at the level of a class."""
    level = request.cls.level
    if LEVELS[level]:
        pytest.skip(f"{level} {LEVELS[level]}")
    return judged.run(meant(level), level, tmp_path_factory.mktemp(level))


def assert_blocked(found):
    assert found.wrong == ()
    assert found.left == ()


class TestAtProcess:
    level = "process"

    @pytest.mark.parametrize("a", meant(level), ids=lambda a: a.name)
    def test_the_attack_earns_nothing_and_leaves_nothing(self, verdicts, a):
        assert_blocked(verdicts[a.name])


class TestAtLocked:
    level = "locked"

    @pytest.mark.parametrize("a", meant(level), ids=lambda a: a.name)
    def test_the_attack_earns_nothing_and_leaves_nothing(self, verdicts, a):
        assert_blocked(verdicts[a.name])


class TestAtNamespaced:
    level = "namespaced"

    @pytest.mark.parametrize("a", meant(level), ids=lambda a: a.name)
    def test_the_attack_earns_nothing_and_leaves_nothing(self, verdicts, a):
        assert_blocked(verdicts[a.name])


# What must be seen of attacks that a level does not stop: the suite would notice a hole.
HOLES = {
    "reads_the_judges_file": "verdict: passed",
    "stops_a_bystander": "touched: stopped",
    "connects_by_tcp": "touched: tcp",
    "changes_the_cores_of_others": "touched: tuning",
    "writes_the_memory_of_others": "touched: memory",
    "hides_in_tmp_twice": "verdict: passed",
    "hides_in_semaphores_twice": "verdict: passed",
}


@pytest.fixture(scope="class")
def through_a_hole(tmp_path_factory):
    """What became of some attacks at a level that does not stop them."""
    chosen = [named(name) for name in HOLES]
    assert all(a.level != "process" for a in chosen)
    return judged.run(chosen, "process", tmp_path_factory.mktemp("holes"))


class TestTheSuiteItself:
    @pytest.mark.skipif(bool(LEVELS["process"]), reason=str(LEVELS["process"]))
    @pytest.mark.parametrize(("name", "seen"), HOLES.items(), ids=list(HOLES))
    def test_what_a_level_does_not_stop_is_seen(self, through_a_hole, name, seen):
        assert any(line.startswith(seen) for line in through_a_hole[name].wrong), through_a_hole[name]

    @pytest.mark.skipif(bool(LEVELS["process"]), reason=str(LEVELS["process"]))
    @pytest.mark.parametrize("name", ["hides_in_tmp_twice", "hides_in_semaphores_twice"])
    def test_what_is_left_is_seen(self, through_a_hole, name):
        assert through_a_hole[name].left


def written(folder, text, group="values"):
    path = folder / group / "attempt.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


HARMLESS = (
    '"""Does nothing."""\n\n# control: {}\n# verdict: failed\n# level: process\n\n\ndef double(x):\n    return -x\n'
)


@pytest.mark.parametrize("control", ["passes", "hangs", "leaves processes", "touches tcp", "breaks", "ends with 0"])
def test_a_control_that_does_not_succeed_is_seen(harmless, control):
    a, found = harmless
    wanted = attack.Attack(**{**vars(a), "control": (control,)})
    outcome = controls.success(wanted, found)
    assert not outcome.ok
    assert control in outcome.why


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    """An attack that does nothing, and what became of its naive judge."""
    folder = tmp_path_factory.mktemp("harmless")
    a = attack.read(written(folder, HARMLESS.format("passes")))
    place = folder / "controls"
    place.mkdir()
    return a, controls.run([a], place)[a.name]


@pytest.mark.parametrize(
    "text",
    [
        HARMLESS.format("passes").replace("# level: process\n", ""),
        HARMLESS.format("passes").replace("level: process", "level: strong"),
        HARMLESS.format("passes").replace('"""Does nothing."""', ""),
    ],
)
def test_an_attack_without_its_header_is_refused(tmp_path, text):
    with pytest.raises(ContentError, match="begins with a docstring"):
        attack.read(written(tmp_path, text))


def test_every_attack_has_a_name_of_its_own_and_every_group_has_attacks():
    assert len({a.name for a in ATTACKS}) == len(ATTACKS) >= 60
    assert {a.group for a in ATTACKS} == set(attack.GROUPS)
    assert {a.level for a in ATTACKS} <= set(attack.LEVELS)


def test_the_guide_has_every_attack_in_its_table_and_no_other():
    table = re.findall(r"^\| .* \|$", (ROOT / "docs" / "wall.md").read_text(), re.MULTILINE)
    told = [name for row in table for name in re.findall(r"`(\w+/\w+)`", row)]
    assert sorted(told) == sorted(f"{a.group}/{a.name}" for a in ATTACKS)


def row(*, ok=True, cannot="", wrong=(), left=(), meant=True):
    found = judged.Judged(verdict="failed", wrong=wrong, left=left) if meant else None
    why = "" if ok or cannot else "not seen: passes"
    return suite.Row(attack=ATTACKS[0], control=controls.Success(ok=ok, cannot=cannot, why=why), judged=found)


@pytest.mark.parametrize(
    ("rows", "holds", "summary"),
    [
        ([row(), row()], True, "locked: 2 of 2 blocked, 2 of 2 controls succeeded, 0 left over, 7 s"),
        ([row(), row(ok=False)], False, "locked: 2 of 2 blocked, 1 of 2 controls succeeded, 0 left over, 7 s"),
        ([row(), row(wrong=("x",))], False, "locked: 1 of 2 blocked, 2 of 2 controls succeeded, 0 left over, 7 s"),
        ([row(left=("process sleep",))], False, "locked: 1 of 1 blocked, 1 of 1 controls succeeded, 1 left over, 7 s"),
        (
            [row(), row(ok=False, cannot="needs IPv6")],
            True,
            "locked: 2 of 2 blocked, 1 of 1 controls succeeded, 1 cannot be tried here, 0 left over, 7 s",
        ),
        (
            [row(), row(meant=False)],
            True,
            "locked: 1 of 1 blocked, 1 for stronger levels only, 2 of 2 controls succeeded, 0 left over, 7 s",
        ),
    ],
)  # fmt: skip
def test_the_summary_counts_and_decides(rows, holds, summary, capsys):
    report = suite.Report(level="locked", rows=rows, seconds=7.2)
    assert (report.summary, report.holds) == (summary, holds)
    suite.print_report(report)
    assert capsys.readouterr().out.strip().endswith(summary)


def test_a_level_that_is_none_or_that_this_machine_lacks_is_refused_in_one_line(monkeypatch):
    with pytest.raises(UserError, match="choose one of process, locked, namespaced, container"):
        suite.level_for("inprocess")
    monkeypatch.delenv("PTASSESS_IMAGE", raising=False)
    with pytest.raises(IsolationError, match="cannot isolate at the level that is asked for: container needs"):
        suite.level_for("container")


def test_a_plugins_level_is_checked_like_the_others(monkeypatch):
    stronger = Level(name="vault", rank=99, summary="", probe=lambda: None, open=lambda _: None)
    monkeypatch.setattr(suite, "catalogue", lambda: SimpleNamespace(levels=lambda: [stronger, *BUILT_IN]))
    assert [level.name for level in suite.walls()] == ["process", "locked", "namespaced", "vault"]
    assert suite.level_for(None) is suite.level_for("vault") is stronger


@pytest.mark.skipif(STRONGEST is None, reason="no wall on this machine")
def test_the_command_runs_what_is_named_and_prints_json():
    command = (
        "import sys; from ptassess.cli import main; sys.argv[1:] = ['check-wall', '--only', {!r}, '--json']; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", command.format("mutates_its_input")], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    facts = json.loads(ran.stdout)
    assert (facts["level"], facts["holds"]) == (STRONGEST, True)
    assert [(a["name"], a["control"], a["blocked"]) for a in facts["attacks"]] == [
        ("mutates_its_input", "succeeded", True)
    ]
    ran = subprocess.run([sys.executable, "-c", command.format("no_such")], capture_output=True, text=True, check=False)
    assert ran.returncode == 4
    assert "no attack and no group of that name" in ran.stderr


def test_no_two_sets_of_canaries_have_the_same_mark(tmp_path, monkeypatch):
    drawn = iter([7, 7, 8])
    monkeypatch.setattr(canaries.secrets, "randbelow", lambda _: next(drawn))
    monkeypatch.setattr(canaries, "_DEV_SHM", tmp_path)
    with contextlib.ExitStack() as stack:
        first, second = canaries.Canaries(tmp_path / "first"), canaries.Canaries(tmp_path / "second")
        stack.callback(first.close)
        assert (first.mark, second.mark) == ("314150008", "314150009")
        second.close()
        assert canaries.touched(first.watched) == []


def test_a_supervisor_that_replaces_another_is_not_left_over():
    def seen(descriptor):
        code = f"{descriptor}; print(flush=True); input()"  # of a long line the end is not seen
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            found = watch._below(os.getpid())
            process.communicate(b"\n")
        return found

    usual = watch._below(os.getpid())
    assert seen(9) == seen(10) != usual


@pytest.mark.parametrize(
    ("look", "active", "inert"),
    [
        (shown.in_page, "<p><script>pwned()</script>", "<p>&lt;script&gt;pwned()&lt;/script&gt;"),
        (shown.in_page, "<img src=x onerror=pwned()>", "<p title='pwned'>pwned</p>"),
        (shown.in_page, "<p>pwned\x1b[2J", "<p>pwned"),
        (shown.in_terminal, "pwned\u202e", "pwned, ü, 漢"),
        (shown.in_xml, "<a>\x00</a>", "<a>]]&gt;</a>"),
        (shown.in_xml, "<a><pwned></a>", "<a>&lt;pwned/&gt;</a>"),
        (shown.in_json, '{"a": "\\u202e"}', '{"a": "pwned"}'),
        (shown.in_json, '{"a": ', "{}"),
    ],
)
def test_what_is_active_is_told_from_what_is_inert(look, active, inert):
    assert look(active)
    assert look(inert) == []
