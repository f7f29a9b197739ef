"""A signature covers every fact of a run, and nothing of how they are written down."""

import base64
import json
import math
import re
import struct
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ptassess import keys, signing, store
from ptassess.errors import RunFileError

FLOATS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
NUMBERS = (
    st.integers(-(2**53) + 1, 2**53 - 1) | FLOATS.filter(math.isfinite) | st.floats(1e-8, 1e-3) | st.floats(1e14, 1e23)
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        return keys.create("acme")


@pytest.fixture(scope="module")
def signed(make_run, key):
    """A signed run's file, as plain data."""
    run = make_run(stamp="verified", unverified_because=(), isolation="locked")
    return json.loads(msgspec.json.encode(signing.sign(run, key)))


def text_of(value, **how):
    return json.dumps(value, **how).encode()


@given(JSON)
@settings(deadline=None)
def test_the_form_is_that_of_rfc_8785(value):
    assert signing.canonical(value) == rfc8785.dumps(value)


# Appendix B of RFC 8785: the bits of a double, and its text.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"), ("8000000000000000", "0"), ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"), ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"), ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"), ("444b1ae4d6e2ef4e", "999999999999999700000"), ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"), ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555557", "333333333.33333343"), ("becbf647612f3696", "-0.0000033333333333333333"),
    ],
)  # fmt: skip
def test_a_double_is_written_as_in_the_rfc(bits, text):
    assert signing.canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


@pytest.mark.parametrize("value", [2**53, -(2**53), math.nan, math.inf, "\ud800", {"\ud800": 1}])
def test_what_has_no_such_form_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011  also UnicodeEncodeError
        signing.canonical(value)


def test_a_signed_run_is_read_and_names_its_key(tmp_path, make_run, key):
    run = signing.sign(make_run(stamp="verified"), key)
    store.write(run, tmp_path / "run.json")
    assert store.read(tmp_path / "run.json") == run
    assert signing.key_of(run) == keys.PublicKey(key.public.text)


@pytest.mark.parametrize(
    "how", [{}, {"indent": 4}, {"sort_keys": True}, {"ensure_ascii": False}, {"separators": (",", ":")}]
)
def test_how_a_file_is_laid_out_is_not_signed(signed, key, how):
    assert signing.signer(text_of(signed, **how)).text == key.public.text


def test_the_order_of_names_and_the_form_of_numbers_are_not_signed(signed, key):
    def turned(value):
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        if isinstance(value, list):
            return [turned(item) for item in value]
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    changed = text_of(turned(signed))
    assert changed != text_of(signed)
    assert signing.signer(changed).text == key.public.text


def leaves(value, path=()):
    """The ways to every value that holds no other, and to every empty one."""
    if isinstance(value, (dict, list)) and value:
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, name))
    else:
        yield path


def at(value, path):
    for name in path:
        value = value[name]
    return value


OTHER = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 1) | st.text(max_size=5) | st.just([]) | st.just({})
)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_no_value_can_be_changed(signed, data):
    changed = json.loads(json.dumps(signed))
    *way, last = data.draw(st.sampled_from([*leaves(signed)]))
    old = at(signed, [*way, last])
    new = data.draw(OTHER.filter(lambda new: new != old or (isinstance(new, bool) != isinstance(old, bool))))
    at(changed, way)[last] = new
    assert_refused(changed)


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_nothing_can_be_added_or_removed(signed, data):
    changed = json.loads(json.dumps(signed))
    *way, last = data.draw(st.sampled_from([path for path in leaves(signed) if path[-1] != "signature"]))
    place = at(changed, way)
    if data.draw(st.booleans()):
        del place[last]
    elif isinstance(place, list):
        place.append(place[0])
    else:
        place["more"] = 1
    assert_refused(changed)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_no_byte_of_the_text_can_be_changed_to_another_meaning(signed, data):
    text = bytearray(text_of(signed))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        store.parse(bytes(text), Path("run.json"))
    except RunFileError:
        return
    assert json.loads(bytes(text)) == signed


def assert_refused(changed, match="it was changed after it was signed|its signature cannot be read"):
    with pytest.raises(ValueError, match=match):
        signing.signer(text_of(changed))


def test_a_fact_that_this_version_does_not_know_is_signed_too(signed, key):
    unsigned = signed | {
        "in_a_later_version": {"a": 1.5},
        "signature": {"algorithm": "ed25519", "key": key.public.text},
    }
    message = b"ptassess run file, version 1\n" + rfc8785.dumps(unsigned)
    value = json.loads(msgspec.json.encode(key.sign(message)))
    later = unsigned | {"signature": unsigned["signature"] | {"value": value}}
    assert signing.signer(text_of(later)).text == key.public.text
    assert_refused(later | {"in_a_later_version": {"a": 1.25}}, "it was changed after it was signed")


def test_the_documented_program_checks_a_signature_without_ptassess(signed, tmp_path):
    document = (Path(__file__).parents[1] / "docs" / "run-file.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert "import ptassess" not in program

    def check(run):
        (tmp_path / "run.json").write_text(json.dumps(run))
        command = [sys.executable, "-c", program, str(tmp_path / "run.json")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert check(signed).stdout == f"signed with {signed['signature']['key']}\n"
    assert "InvalidSignature" in check(signed | {"candidate": "Somebody else"}).stderr


def test_a_name_that_occurs_twice_is_refused(signed):
    text = text_of(signed)
    twice = b'{"candidate": "Somebody else", ' + text[1:]
    assert json.loads(twice) == signed  # the last one counts here, the first one elsewhere
    with pytest.raises(ValueError, match="a name occurs twice"):
        signing.signer(twice)


def test_the_text_of_a_signature_is_the_only_one_of_its_bytes(signed):
    value = signed["signature"]["value"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = value[:-3] + letters[letters.index(value[-3]) ^ 1] + "=="
    assert base64.b64decode(twin) == base64.b64decode(value)
    assert_refused(signed | {"signature": signed["signature"] | {"value": twin}}, "its last bits say nothing")


def test_a_signature_of_another_run_or_by_another_key_does_not_fit(signed, make_run, key, tmp_path, monkeypatch):
    other_run = json.loads(msgspec.json.encode(signing.sign(make_run(seed=9, stamp="verified"), key)))
    assert_refused(signed | {"signature": other_run["signature"]}, "it was changed after it was signed")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    other_key = keys.create("mallory").public.text
    assert_refused(signed | {"signature": signed["signature"] | {"key": other_key}}, "it was changed")


def test_a_changed_file_is_read_by_no_command(tmp_path, signed):
    path = tmp_path / "run.json"
    path.write_bytes(text_of(signed | {"candidate": "Somebody else"}))
    with pytest.raises(RunFileError, match=r"run\.json: it was changed after it was signed; ask for the original"):
        store.read(path)


def test_a_stamp_that_nobody_signed_is_not_believed(tmp_path, signed):
    path = tmp_path / "run.json"
    path.write_bytes(text_of(signed | {"signature": None}))
    with pytest.raises(RunFileError, match="says that it is verified and is not signed"):
        store.read(path)


def test_a_run_from_before_there_were_signatures_is_read(tmp_path, make_run):
    old = json.loads(msgspec.json.encode(make_run()))
    del old["signature"]
    (tmp_path / "run.json").write_bytes(text_of(old))
    assert store.read(tmp_path / "run.json") == make_run()


def test_a_number_that_readers_bend_cannot_be_signed(make_run, key):
    with pytest.raises(ValueError, match="a whole number beyond 2\\^53"):
        signing.sign(make_run(exam_seed=2**60), key)


def test_a_stamp_is_worth_what_its_key_is(make_run, key, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    other = keys.create("other").public
    run = signing.sign(make_run(stamp="verified"), key)
    assert signing.seal(run, {"acme": key.public}) == signing.Seal("verified", key.public)
    assert signing.seal(run, {"other": other}) == signing.Seal("unknown key", keys.PublicKey(key.public.text))
    assert signing.seal(make_run(stamp="verified"), {"acme": key.public}).word == "unknown key"
    assert signing.seal(make_run(), {}) == signing.Seal("graded")
