"""*Verified* needs every one of its conditions; the process that grades decides, and it alone holds the key."""

import json
import pickle
import shutil
from pathlib import Path

import msgspec
import pytest

from ptassess import content, finishing, judging, keys, signing, stamping, store
from ptassess.errors import UserError
from ptassess.exam import commit
from ptassess.grading import grade
from ptassess.sandbox.levels import BUILT_IN, INPROCESS, PROCESS, Level
from ptassess.stamping import Circumstances

PACK = Path(__file__).parent / "packs" / "double"
RIGHT = "def double(x): return x + x\ndef triple(x): return 3 * x\n"
STRONG = Level(name="stand-in", rank=20, summary="x", probe=lambda: None, open=PROCESS.open)

# A level that says of itself that it is as strong as `locked`, and is none: these tests are about the stamp.
PLUGIN = """
import pickle

from ptassess import hookimpl
from ptassess.hookspecs import Executor
from ptassess.sandbox.levels import PROCESS, Level


@hookimpl
def ptassess_isolation_levels():
    return Level(name="stand-in", rank=20, summary="x", probe=lambda: None, open=PROCESS.open)


@hookimpl
def ptassess_executors():
    def run(grade, submissions, jobs):
        return [pickle.loads(pickle.dumps(grade))(path) for path in submissions]

    return Executor(name="elsewhere", summary="as on another machine", map=run)


@hookimpl
def ptassess_run_finished(run, path):
    with (path.parent / "told.txt").open("a") as file:
        file.write(run.stamp + " " + str(path.stat().st_size))
"""


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield keys.create("acme")


@pytest.fixture
def judged(make_run):
    """A run as a judge leaves it, in which nothing is missing but the stamp."""
    run = make_run(competencies=2, isolation="stand-in", unverified_because=(), run_seed_hash=commit(8123491))
    return msgspec.structs.replace(
        run, checks=tuple(msgspec.structs.replace(check, advisory=False) for check in run.checks)
    )


def circumstances(run, signer, **more):
    digests = {facts.slug: facts.digest for facts in run.challenges}
    known = {"level": STRONG, "seed": 8123491, "secret": True, "before": digests, "after": digests, "key": signer}
    return Circumstances(**known | more)


def test_a_run_in_which_nothing_is_missing_is_verified_and_signed(judged, key):
    run = stamping.stamp(judged, circumstances(judged, key))
    assert (run.stamp, run.unverified_because) == ("verified", ())
    assert signing.signer(msgspec.json.encode(run)).text == key.public.text


def test_levels_from_locked_on_verify():
    assert [level.verifies for level in (INPROCESS, PROCESS, STRONG)] == [False, False, True]
    names = {level.name: level.verifies for level in BUILT_IN}
    assert all(names.get(name, True) for name in ("locked", "namespaced"))


def test_a_fifth_of_the_points_may_rest_on_meters():
    shares = (0.0, 100 * (0.1 + 0.2) / 1.5, 20.001)  # the second is a fifth and what rounding makes of it
    assert shares[1] > stamping.MOST_ADVISORY
    assert [stamping.too_advisory(share) for share in shares] == [False, False, True]


def another(number, **changes):
    """The run with a change in one of its competencies."""

    def change(run):
        changed = [*run.challenges]
        changed[number] = msgspec.structs.replace(changed[number], **changes)
        return msgspec.structs.replace(run, challenges=tuple(changed))

    return change


def with_(**changes):
    return lambda run: msgspec.structs.replace(run, **changes)


def with_meters(run):
    """A third of one competency's points rest on meters; of the other's, none."""
    slug = run.challenges[1].slug
    return with_(
        checks=tuple(
            msgspec.structs.replace(check, advisory=check.challenge == slug and check.weight == 2)
            for check in run.checks
        )
    )(run)


WEAKER = [
    (with_(isolation="process"), {"level": PROCESS}, "isolation below `locked`"),
    (with_(isolation="process"), {}, "the judge's level of isolation was another one than `stand-in`"),
    (another(1, has_private=False), {}, "the private checks did not take part"),
    (with_(complete=False), {}, "only a part of the checks ran"),
    (with_(challenges=(), checks=()), {"before": {}, "after": {}}, "only a part of the checks ran"),
    (with_(run_seed=5), {}, "the run seed is not the one that was committed to"),
    (with_(run_seed=None), {}, "the run seed is not the one that was committed to"),
    (with_(run_seed=5, run_seed_hash=commit(5)), {}, "the judge drew from another seed than it was given"),
    (with_(), {"secret": False}, "the run seed was named, not drawn in secret"),
    (with_meters, {}, "automatic_differentiation: 55 % of its points rest on meters; 20 % may"),
    (another(1, digest="00"), {}, "automatic_differentiation: its files changed while it was judged"),
    (with_(), {"after": {"linear_algebra": "00"}}, "linear_algebra: its files changed while it was judged"),
    (with_(), {"before": {"x": "00"}}, "x: did not take part"),
    (with_(), {"altered": ["linear_algebra"]}, "linear_algebra: its files are not those of the installed release"),
    (with_(), {"key": None}, "not signed: `ptassess keys new NAME` makes a key to sign with"),
    (with_(exam_seed=2**60), {}, "it cannot be signed: it holds a whole number beyond 2^53"),
]


@pytest.mark.parametrize(("change", "known", "reason"), WEAKER, ids=[reason for *_, reason in WEAKER])
def test_without_one_of_its_conditions_a_run_is_graded_and_says_which(judged, key, change, known, reason):
    run = stamping.stamp(change(judged), circumstances(judged, key, **known))
    assert run.stamp == "graded"
    assert run.signature is None
    assert any(told.startswith(reason) for told in run.unverified_because), run.unverified_because


def test_what_a_judge_claims_of_the_stamp_counts_for_nothing(judged, key, make_run):
    forged = with_(stamp="verified", signature=signing.sign(make_run(stamp="verified"), key).signature)(judged)
    run = stamping.stamp(forged, circumstances(judged, None))
    assert (run.stamp, run.signature) == ("graded", None)


def test_a_key_among_the_libraries_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.prefix", str(tmp_path / "venv"))
    with pytest.raises(UserError, match="a private key where submissions may read; move it to"):
        stamping.refuse_exposed(keys.create("exposed", tmp_path / "venv" / "acme.key"))
    stamping.refuse_exposed(keys.create("kept", tmp_path / "acme.key"))


# -- through the door ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    shutil.copytree(PACK, folder / "challenges" / "double", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "plugins" / "strong").mkdir(parents=True)
    (folder / "plugins" / "strong" / "plugin.py").write_text(PLUGIN)
    return folder


def submission(folder):
    (folder / "ada" / "solutions").mkdir(parents=True)
    (folder / "ada" / "solutions" / "double.py").write_text(RIGHT)
    return folder / "ada"


@pytest.fixture(scope="module")
def graded(pack, key, tmp_path_factory):
    """A submission that was graded behind a strong wall, by an executor that sends the work elsewhere."""
    folder = tmp_path_factory.mktemp("graded")
    how = {"packs": [pack], "only": ["double"], "executor": "elsewhere", "key": key}
    (found,) = grade([submission(folder)], folder / "out", **how)
    return found


def test_a_submission_behind_a_strong_wall_is_verified_by_the_key(graded, key):
    assert graded.run.unverified_because == ()
    assert graded.run.stamp == "verified"
    assert store.read(graded.run_file) == graded.run
    assert signing.key_of(graded.run).text == key.public.text


def test_the_scorecard_and_the_index_name_the_signer(graded, key):
    for page in (graded.scorecard, graded.run_file.parents[1] / "index.html"):
        assert "Verified by <bdi>acme</bdi>" in page.read_text()
    assert key.public.fingerprint in graded.scorecard.read_text()


def test_no_submission_is_judged_while_the_key_lies_where_it_could_be_read(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.prefix", str(tmp_path / "venv"))
    exposed = keys.create("exposed-too", tmp_path / "venv" / "acme.key")
    try:
        with pytest.raises(UserError, match="a private key where submissions may read"):
            grade([submission(tmp_path)], tmp_path / "out", packs=[pack], only=["double"], key=exposed)
    finally:
        keys.untrust("exposed-too")
    assert not (tmp_path / "out").exists()


def test_plugins_hear_of_the_run_once_when_it_has_its_signature(graded):
    size = graded.run_file.stat().st_size
    assert (graded.run_file.parent / "told.txt").read_text() == f"verified {size}"


def test_the_private_key_goes_to_no_judge_and_no_executor(graded, key, pack, tmp_path, monkeypatch):
    """The executor of ``graded`` pickled all that it was given; a private key cannot be pickled."""
    assert graded.run.stamp == "verified"
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(key)
    seen = []

    def spy(command, log, room, batch, seed):
        seen.append((command, judging.scrubbed_environment()))
        log.write_text("nobody was judged")
        return 1

    monkeypatch.setattr(judging, "_wait", spy)
    monkeypatch.setenv("PTASSESS_PASSPHRASE", "open sesame")
    how = {"packs": [pack], "only": ["double"], "key": key}
    (graded,) = grade([submission(tmp_path)], tmp_path / "out", **how)
    assert "nobody was judged" in graded.reason
    ((command, environment),) = seen
    pem = key.path.read_text().splitlines()[1]
    assert not [word for word in (*command, *environment.values()) if pem in word or "open sesame" in word]
    assert str(key.path) not in command


def test_behind_a_weak_wall_with_a_seed_that_was_named_nothing_is_signed(key, tmp_path):
    how = {"packs": [PACK], "only": ["double"], "key": key, "seed": 3}
    (graded,) = grade([submission(tmp_path)], tmp_path / "out", isolation="process", **how)
    assert graded.run.stamp == "graded"
    assert {"the run seed was named, not drawn in secret"} <= set(graded.run.unverified_because)
    assert json.loads(graded.run_file.read_text())["signature"] is None
    assert "drawn in secret" in graded.scorecard.read_text()


def test_a_challenge_that_changes_while_it_is_judged_is_seen(pack, tmp_path):
    from ptassess.registry import catalogue

    copy = tmp_path / "pack"
    shutil.copytree(pack, copy)
    found = catalogue((copy,))
    finisher = finishing.Finisher(found, ["double"], STRONG, secret=True, key=None)
    before = finisher._digests()
    assert before == {"double": content.digest(copy / "challenges" / "double", copy / "challenges/double/private")}
    (copy / "challenges" / "double" / "private" / "reference.py").write_text("def double(x): return 0\n")
    assert finisher._digests() != before == finisher._before


# -- unchanged since it was installed --------------------------------------------------------------------------


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A distribution as pip leaves it, with a RECORD."""
    import base64
    import hashlib

    site = tmp_path / "site"
    root = site / "fake_pack" / "_bundle"
    (root / "challenges" / "gelu" / "__pycache__").mkdir(parents=True)
    lines = []
    for name in ("challenges/gelu/challenge.py", "challenges/gelu/brief.md", "reports/style.css"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")
        lines.append(f"fake_pack/_bundle/{name},sha256={digest},{len(name)}\n")
    (root / "challenges" / "gelu" / "__pycache__" / "challenge.pyc").write_bytes(b"x")
    (site / "fake_pack-1.0.dist-info").mkdir()
    (site / "fake_pack-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-pack\nVersion: 1.0\n")
    (site / "fake_pack-1.0.dist-info" / "RECORD").write_text("".join(lines))
    monkeypatch.syspath_prepend(str(site))
    return content.Root(path=root, name="fake-pack")


def test_files_as_the_wheel_brought_them_are_not_altered(wheel):
    assert content.altered(wheel) == []


@pytest.mark.parametrize("what", ["changed", "added", "gone"])
def test_a_file_that_is_not_as_the_wheel_brought_it_is_seen(wheel, what):
    home = wheel.path / "challenges" / "gelu"
    path = home / ("extra.py" if what == "added" else "brief.md")
    path.unlink() if what == "gone" else path.write_text("easier")
    assert content.altered(wheel) == [path.resolve()]


def test_a_checkout_has_no_list_of_its_files():
    (root,) = content.roots()
    assert root.name == "checkout"
    assert content.altered(root) == []
