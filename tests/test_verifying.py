"""`ptassess verify`: whose run it is, whether its facts agree, what it scores; `ptassess keys`; the key of `grade`."""

import json
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ptassess import cli, keys, scoring, signing, store, verifying
from ptassess.exam import commit
from ptassess.registry import catalogue
from ptassess.sandbox.levels import PROCESS, Level

STRONG = Level(name="locked", rank=20, summary="x", probe=lambda: None, open=PROCESS.open)


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch):
    """Somebody who has and trusts no key yet, on a machine that knows a level that verifies."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PTASSESS_PASSPHRASE", raising=False)
    monkeypatch.setattr("ptassess.registry.BUILT_IN", (PROCESS, STRONG))


@pytest.fixture
def ptassess(monkeypatch, capsys):
    """Run a command as `ptassess ARGUMENTS` would; gives its status and what it printed."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ptassess", *map(str, arguments)])
        monkeypatch.setattr("sys.stdin.isatty", lambda: False)
        monkeypatch.setenv("COLUMNS", "200")
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


@pytest.fixture
def key():
    return keys.create("acme")


@pytest.fixture
def plain(make_run):
    """A graded run that nothing speaks against: a name stands for one check, and the seed is the promised one."""
    run = make_run(run_seed_hash=commit(8123491), competencies=2)
    checks = tuple(
        msgspec.structs.replace(check, advisory=False, private=False, check=f"test_{check.task}_{check.check[5:]}")
        for check in run.checks
    )
    challenges = tuple(
        msgspec.structs.replace(
            facts,
            tasks=tuple(
                msgspec.structs.replace(task, checks=tuple(f"test_{task.name}_{name[5:]}" for name in task.checks))
                for task in facts.tasks
            ),
        )
        for facts in run.challenges
    )
    return msgspec.structs.replace(run, checks=checks, challenges=challenges)


@pytest.fixture
def sound(plain):
    """A verified run that nothing speaks against, before it is signed."""
    return msgspec.structs.replace(plain, stamp="verified", isolation="locked", unverified_because=())


def written(run, folder, key=None, name="run.json"):
    store.write(signing.sign(run, key) if key else run, folder / name)
    return folder / name


def verdict_on(run, tmp_path, key=None):
    return verifying.verify(written(run, tmp_path, key), keys.trusted(), catalogue())


def test_a_sound_run_of_a_trusted_key_is_verified_and_scored(ptassess, sound, key, tmp_path):
    status, said = ptassess("verify", written(sound, tmp_path, key))
    assert status == 0, said
    assert f"run.json: verified by acme ({key.public.fingerprint})" in said
    assert "Ada Lovelace, exam everything, 23 November 2026, isolation locked" in said
    total = scoring.score(sound).total
    assert re.search(rf"total +{total.earned:.1f} of {total.offered:g} +{total.score:.0f} %", said)
    for competency in scoring.score(sound).competencies:
        assert competency.slug in said
        for task in competency.tasks:
            assert re.search(rf"{task.name} +{task.bounds.earned:.1f} of {task.points:g}", said), task.name
    assert "problem" not in said


def test_json_has_every_score_with_its_bounds(ptassess, sound, key, tmp_path):
    status, said = ptassess("verify", written(sound, tmp_path, key), "--json")
    (facts,) = json.loads(said)
    assert (status, facts["signature"], facts["signed_by"], facts["problems"]) == (0, "trusted", "acme", [])
    found = scoring.score(sound)
    assert facts["total"] == {
        "score": found.total.score, "low": found.total.low, "high": found.total.high, "coverage": found.total.coverage,
        "earned": found.total.earned, "decided": found.total.decided, "offered": found.total.offered,
    }  # fmt: skip
    told = {slug: {*competency["tasks"]} for slug, competency in facts["competencies"].items()}
    assert told == {c.slug: {task.name for task in c.tasks} for c in found.competencies}


def test_the_status_tells_whose_word_it_is(ptassess, sound, key, tmp_path, monkeypatch):
    mine = written(sound, tmp_path, key, "mine-run.json")
    graded = written(with_(stamp="graded")(sound), tmp_path, None, "graded-run.json")
    changed = tmp_path / "changed-run.json"
    changed.write_text(mine.read_text().replace("Ada Lovelace", "Eve Lovelace"))
    broken = tmp_path / "broken-run.json"
    broken.write_text("{")
    assert ptassess("verify", mine)[0] == 0
    assert ptassess("verify", graded)[0] == 21
    assert ptassess("verify", changed)[0] == 1
    assert ptassess("verify", broken)[0] == 4
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "somebody else"))
    status, said = ptassess("verify", mine)
    assert status == 20
    assert "signed with a key that is not trusted here" in said
    assert ptassess("verify", mine, graded)[0] == 21
    assert ptassess("verify", mine, graded, broken)[0] == 4
    status, said = ptassess("verify", tmp_path)
    assert status == 1
    assert "0 of 4 run files are signed by a trusted key and hold" in said
    assert "changed-run.json: NOT what was signed" in said


def test_one_key_can_be_named_as_the_only_one_to_count_on(ptassess, sound, key, tmp_path):
    other = keys.create("beta")
    path = written(sound, tmp_path, key)
    assert ptassess("verify", path, "--key", "acme")[0] == 0
    assert ptassess("verify", path, "--key", "beta")[0] == 20
    assert ptassess("verify", path, "--key", other.public.line)[0] == 20
    (tmp_path / "mailed.pub").write_text(key.public.text)
    keys.trusted_folder().joinpath("acme.pub").unlink()
    status, said = ptassess("verify", path, "--key", tmp_path / "mailed.pub")
    assert (status, "verified by mailed" in said) == (0, True)
    assert ptassess("verify", path, "--key", "nobody")[0] == 4


def test_a_changed_file_is_called_changed_also_where_it_is_no_run_any_more(sound, key, tmp_path):
    path = written(sound, tmp_path, key)
    path.write_text(path.read_text().replace('"credit": 1.0', '"credit": 7.0', 1))
    verdict = verifying.verify(path, keys.trusted(), catalogue())
    assert (verdict.state, verdict.status) == ("bad signature", 1)


def test_a_run_of_a_newer_version_says_what_to_install(ptassess, tmp_path):
    (tmp_path / "run.json").write_text('{"schema": 99, "ptassess": "7.1\\u001b[31m\\n!"}')
    status, said = ptassess("verify", tmp_path / "run.json")
    assert status == 4
    assert "written by ptassess 7.1 ! (format 99; this one reads up to 1): pip install -U ptassess" in said


def with_check(number=0, **changes):
    def change(run):
        checks = [*run.checks]
        checks[number] = msgspec.structs.replace(checks[number], **changes)
        return msgspec.structs.replace(run, checks=tuple(checks))

    return change


def with_(**changes):
    return lambda run: msgspec.structs.replace(run, **changes)


def doubled(field):
    return lambda run: msgspec.structs.replace(run, **{field: (*getattr(run, field), getattr(run, field)[0])})


def without_private(run):
    """The first competency had no private checks, and one of its checks says that it is one."""
    first, *rest = run.challenges
    changed = msgspec.structs.replace(first, has_private=False)
    return with_check(private=True)(with_(challenges=(changed, *rest))(run))


FIRST = "linear_algebra: test_matmul_family_agrees_in_double_precision"
CONTRADICTIONS = [
    (with_check(task="nothing"), f"{FIRST}: of no task that was offered (nothing)"),
    (with_check(challenge="nobody"), "of no task that was offered (matmul_family)"),
    (with_check(check="test_easy"), "linear_algebra: test_easy: not among the checks of matmul_family"),
    (lambda run: with_(checks=run.checks[1:])(run), f"{FIRST}: missing"),
    (doubled("checks"), f"{FIRST}: is there 2 times"),
    (doubled("challenges"), "linear_algebra: the competency: is there 2 times"),
    (without_private, f"{FIRST}: private, where no private checks took part"),
    (with_check(outcome="failed", credit=0.5), f"{FIRST}: failed, and has a credit of 0.5"),
    (with_check(outcome="inconclusive", credit=1.0), f"{FIRST}: inconclusive, and has a credit of 1"),
    (with_check(outcome="passed", cause="crash"), f"{FIRST}: passed, and has a failure's cause (crash)"),
    (with_check(seconds=-1.0), f"{FIRST}: took less than no time"),
    (with_(run_seed=3), "the run seed is not the one that was committed to"),
    (with_(finished="2026-11-23T08:00:00Z"), "it began at '2026-11-23T09:00:00.000Z' and ended at"),
    (with_(started="soon"), "it began at 'soon'"),
    (with_(finished="2026-11-23T10:00:00"), "it began at '2026-11-23T09:00:00.000Z' and ended at"),
    (with_(isolation="process"), "stamped verified, in spite of this: isolation below `locked`"),
    (with_(complete=False), "stamped verified, in spite of this: only a part of the checks ran"),
    (with_(run_seed=None), "stamped verified, in spite of this: the run seed is not"),
    (with_(unverified_because=("a reason",)), "stamped verified, in spite of this: a reason"),
    (with_(exam_digest=""), "stamped verified, without the digests of what was judged"),
    (with_(stamp="graded"), "signed, and stamped graded; only verified runs are signed"),
]


@pytest.mark.parametrize(("change", "problem"), CONTRADICTIONS, ids=[problem for _, problem in CONTRADICTIONS])
def test_a_contradiction_is_told_also_where_the_signature_fits(sound, key, tmp_path, change, problem):
    assert verdict_on(sound, tmp_path, key).problems == ()
    verdict = verdict_on(change(sound), tmp_path, key)
    assert (verdict.state, verdict.status) == ("trusted", 1)
    assert any(problem in told for told in verdict.problems), verdict.problems


def test_points_that_do_not_add_up_are_told(sound, tmp_path, key, monkeypatch):
    verdict = verdict_on(sound, tmp_path, key)
    assert verdict.problems == ()
    wrong = scoring.Bounds(earned=9.0, decided=4.0, offered=4.0)
    first, *rest = scoring.score(sound).competencies
    tasks = (replace(first.tasks[0], bounds=wrong), *first.tasks[1:])
    found = scoring.Score(total=wrong, competencies=(replace(first, tasks=tasks), *rest), advisory=0.0)
    monkeypatch.setattr(verifying, "score", lambda _: found)
    assert "matmul_family: its points do not add up" in verdict_on(sound, tmp_path, key).problems


def test_what_cannot_be_known_here_is_a_note_and_no_problem(sound, key, tmp_path):
    verdict = verdict_on(msgspec.structs.replace(sound, isolation="vault"), tmp_path, key)
    assert (verdict.status, verdict.problems) == (0, ())
    assert "isolation vault: a level that is not known here" in verdict.notes


def test_the_challenges_are_compared_with_those_that_are_installed_here(sound, key, tmp_path):
    from ptassess import content

    found = catalogue()
    slug = sound.challenges[0].slug
    digest = content.digest(found.challenge(slug).home, found.private[slug])
    first, second = sound.challenges
    challenges = (msgspec.structs.replace(first, digest=digest), msgspec.structs.replace(second, slug="theirs"))
    checks = tuple(
        msgspec.structs.replace(check, challenge="theirs") if check.challenge == second.slug else check
        for check in sound.checks
    )
    run = msgspec.structs.replace(sound, challenges=challenges, checks=checks)
    notes = verdict_on(run, tmp_path, key).notes
    assert f"challenge {slug}: as installed here (SHA-256 {digest})" in notes
    assert f"challenge theirs: not installed here (SHA-256 {second.digest})" in notes
    (other, *_) = verdict_on(sound, tmp_path, key).notes
    assert other == f"challenge {slug}: other than installed here (SHA-256 {first.digest})"


def test_a_graded_run_says_why_it_is_not_verified(ptassess, plain, tmp_path):
    status, said = ptassess("verify", written(plain, tmp_path))
    assert status == 21
    assert "not verified: isolation below `locked`" in said


def test_hostile_text_in_a_run_does_not_reach_the_terminal(ptassess, plain, tmp_path):
    run = with_(candidate="Eve\x1b[31m\nverified by acme")(plain)
    said = ptassess("verify", written(run, tmp_path))[1]
    assert "\x1b" not in said
    assert not any(line.startswith("verified by acme") for line in said.splitlines())


def test_nothing_to_verify_is_a_mistake_of_the_user(ptassess, tmp_path):
    status, said = ptassess("verify", tmp_path)
    assert status == 4
    assert "no run files there" in said


# -- ptassess keys ---------------------------------------------------------------------------------------------


def test_keys_are_made_shown_given_away_and_trusted(ptassess, tmp_path, monkeypatch):
    status, said = ptassess("keys", "new", "acme")
    assert status == 0
    assert "no passphrase: whoever has the file can sign with it" in said
    line = ptassess("keys", "show")[1]
    assert re.fullmatch(r"ssh-ed25519 \S{68} acme\n", line)
    assert line.strip() in said
    assert re.search(r"acme +SHA256:\S{43} +your own", ptassess("keys", "list")[1])

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "somebody else"))
    assert "no keys yet" in ptassess("keys", "list")[1]
    assert ptassess("keys", "show")[0] == 4
    status, said = ptassess("keys", "trust", "the-team", line.strip())
    assert (status, "Compare its fingerprint with its owner: SHA256:" in said) == (0, True)
    (facts,) = json.loads(ptassess("keys", "list", "--json")[1])
    assert (facts["name"], facts["own"], facts["public_key"]) == ("the-team", False, line.removesuffix(" acme\n"))
    assert ptassess("keys", "untrust", "the-team")[0] == 0
    assert "no keys yet" in ptassess("keys", "list")[1]


def test_a_passphrase_comes_from_the_environment(ptassess, monkeypatch):
    monkeypatch.setenv("PTASSESS_PASSPHRASE", "open")
    assert "with a passphrase" in ptassess("keys", "new", "acme")[1]
    assert "no passphrase" in ptassess("keys", "new", "beta", "--no-passphrase")[1]
    text = {name: path.read_text() for name, path in keys.own().items()}
    assert ("ENCRYPTED" in text["acme"], "ENCRYPTED" in text["beta"]) == (True, False)


def test_a_passphrase_is_asked_for_twice_in_a_terminal(ptassess, monkeypatch):
    answers = iter(["one", "two", "three", "three"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))

    def new(name):
        from ptassess.commands import keys as commands

        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        commands.new(name)

    with pytest.raises(keys.UserError, match="the two differ; nothing was made"):
        new("acme")
    assert keys.own() == {}
    new("acme")
    assert keys.private_key("acme", lambda _: b"three").public.name == "acme"


def test_the_doctor_names_ones_key_or_how_to_make_one(ptassess):
    assert "none; `ptassess keys new NAME` makes one" in ptassess("doctor")[1]
    made = keys.create("acme")
    assert f"acme ({made.public.fingerprint})" in ptassess("doctor")[1]


# -- ptassess grade --------------------------------------------------------------------------------------------


@pytest.fixture
def graded(ptassess, monkeypatch, tmp_path, sound):
    """`ptassess grade` with options; gives the key that it would sign with, its status and what it printed."""
    (tmp_path / "ada" / "solutions").mkdir(parents=True)
    (tmp_path / "ada" / "solutions" / "x.py").write_text("")
    level = [PROCESS]
    monkeypatch.setattr("ptassess.sandbox.levels.choose", lambda *_: level[0])

    def run(*options, strong):
        seen = []
        level[0] = STRONG if strong else PROCESS

        def grade(_found, out, *, key, **_):
            from ptassess.grading import Graded

            seen.append(key)
            reasons = ("not signed: `ptassess keys new NAME` makes a key to sign with",)
            run = signing.sign(sound, key) if key else with_(stamp="graded", unverified_because=reasons)(sound)
            return [Graded(name="ada", run=run, run_file=out / "run.json", scorecard=out / "x.html", notes=("hm",))]

        monkeypatch.setattr("ptassess.grading.grade", grade)
        status, said = ptassess("grade", tmp_path / "ada", "--out", tmp_path / "out", *options)
        return (seen or [None])[0], status, said

    return run


def test_grading_signs_with_the_only_key(graded, key):
    used, status, said = graded(strong=True)
    assert (used.public, status) == (key.public, 0)
    assert f"verified: 1 of 1, signed with {key.public.fingerprint}" in said
    assert "ptassess: hm" in said


def test_grading_without_a_key_says_in_one_line_how_to_get_one(graded):
    used, status, said = graded(strong=True)
    assert (used, status) == (None, 0)
    assert [line for line in said.splitlines() if "keys new" in line] == [
        "not verified: not signed: `ptassess keys new NAME` makes a key to sign with"
    ]


def test_grading_opens_no_key_that_it_cannot_use(graded, monkeypatch):
    monkeypatch.setenv("PTASSESS_PASSPHRASE", "open")
    keys.create("acme", passphrase=b"open")
    assert graded(strong=True)[0].public.name == "acme"
    assert graded("--seed", "3", strong=True)[0] is None
    assert graded("--no-sign", strong=True)[0] is None
    used, status, said = graded(strong=False)
    assert (used, status) == (None, 0)
    assert "at isolation `process` a submission can read the private key" in said
    monkeypatch.delenv("PTASSESS_PASSPHRASE")
    status, said = graded(strong=True)[1:]
    assert status == 4
    assert "needs its passphrase; set PTASSESS_PASSPHRASE" in said


def test_grading_with_several_keys_asks_for_a_name(graded, key):
    keys.create("beta")
    assert graded(strong=True)[1] == 4
    assert graded("--key", "beta", strong=True)[0].public.name == "beta"


def test_the_documented_statuses_are_those_that_are_used():
    text = (Path(__file__).parents[1] / "README.md").read_text()
    for status in verifying.Exit:
        assert f"| {int(status)} |" in text
        assert f"\n{int(status)} " in verifying.__doc__
