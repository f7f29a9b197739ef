"""Whatever a run file holds: it is refused in one line, or every page, table and verdict can be made of it."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from ptassess import cohort, frames, render, store, verifying
from ptassess.errors import PtassessError, RunFileError
from ptassess.registry import catalogue
from ptassess.result import Run
from ptassess.scoring import score
from ptassess.summary import in_words

SMALL = settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
WORDS = st.sampled_from([
    "", "x", "linear_algebra", "\x00", "\x1b[31m", "\u202e", "\ufdd0", "\U0010ffff", "<b>", "{{ 7 }}", "a\nb", "../..",
    "2026-11-23T09:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59", "x" * 3_000,
])  # fmt: skip
TEXT = WORDS | st.text(max_size=5)
FLOATS = st.sampled_from([0.0, -0.0, -1.0, 0.5, 1.0, 5e-324, 1e-300, 1e308, -1e308, 1.7976931348623157e308])
INTEGERS = st.sampled_from([0, 1, -1, 2**31, 2**53, -(2**63), 2**64 - 1, 10**30, 10**300])
ANYTHING = st.recursive(
    st.none() | st.booleans() | FLOATS | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def values(kind, name=""):  # noqa: C901, PLR0911  a kind of type a line
    """Values of a type of msgspec's, extreme ones first of all; a field that fits no such value is left out."""
    match kind:
        case inspect.StructType():
            fields = [field for field in kind.fields if field.name not in {"schema", "signature"}]
            required = {field.encode_name: values(field.type, field.name) for field in fields if field.required}
            optional = {field.encode_name: values(field.type, field.name) for field in fields if not field.required}
            return st.fixed_dictionaries(required, optional=optional)
        case inspect.FloatType():
            low = kind.gt if kind.gt is not None else kind.ge
            known = FLOATS.filter(lambda x: low is None or (x > low if kind.gt is not None else x >= low))
            return known.filter(lambda x: kind.le is None or x <= kind.le)
        case inspect.IntType():
            return INTEGERS.filter(lambda x: (kind.ge is None or x >= kind.ge) and (kind.le is None or x <= kind.le))
        case inspect.StrType():
            return st.sampled_from(["a", "b"]) if name in {"slug", "challenge", "task", "check", "name"} else TEXT
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType():
            return st.sampled_from([value for value in kind.values if value != "verified"])
        case inspect.NoneType():
            return st.none()
        case inspect.UnionType():
            return st.one_of([values(part, name) for part in kind.types])
        case inspect.DictType():
            return st.dictionaries(TEXT, values(kind.value_type), max_size=2)
        case inspect.VarTupleType():
            return st.lists(values(kind.item_type, "check" if name == "checks" else ""), max_size=3)
        case inspect.AnyType():
            return ANYTHING
    raise AssertionError(kind)


RUNS = values(inspect.type_info(Run))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "run.json"


def read(path, text):
    """The run, or None if the file was refused in one line."""
    path.write_bytes(text)
    try:
        return store.read(path)
    except RunFileError as error:
        said = str(error)
    assert said.isprintable(), "one line, fit for a terminal"
    return None


def use(path, run):
    """All that can be done with a run file; an error of ours is an answer, too."""
    try:
        in_words(score(run).total)
        render.scorecard_html(run).encode("utf-8", "replace")
        render.index_html([(run, "a.html"), cohort.Entry(candidate="x", reason="y")])
        for table in (frames.checks, frames.tasks, frames.competencies, frames.cohort):
            table([run]).to_csv()
        verdict = verifying.verify(path, {}, catalogue())
        json.dumps(verdict.facts(), allow_nan=False)
        assert verdict.status in (1, *verifying.Exit)
    except PtassessError:
        pass


@given(st.binary(max_size=200))
@SMALL
def test_arbitrary_bytes_are_refused(path, text):
    assert read(path, text) is None


@given(ANYTHING)
@SMALL
def test_arbitrary_json_is_refused(path, value):
    assert read(path, json.dumps(value).encode()) is None


@given(RUNS)
@SMALL
def test_a_run_of_extreme_values_is_shown_and_verified_all_the_same(path, facts):
    run = read(path, json.dumps(facts).encode())
    assert run is not None, "it is of the right types, so it has to be read, or this test is of nothing"
    use(path, run)


@given(st.data())
@SMALL
def test_a_run_in_which_something_was_changed_is_refused_or_shown(path, make_run, data):
    facts = json.loads(msgspec.json.encode(make_run()))
    for _ in range(data.draw(st.integers(1, 3))):
        place = facts
        while isinstance(place, (dict, list)) and place:
            names = list(place) if isinstance(place, dict) else list(range(len(place)))
            name = data.draw(st.sampled_from(names))
            if not isinstance(place[name], (dict, list)) or not place[name] or data.draw(st.integers(0, 5)) == 0:
                place[name] = data.draw(ANYTHING)
                break
            place = place[name]
    run = read(path, json.dumps(facts).encode())
    if run is not None:
        use(path, run)


@given(st.data())
@SMALL
def test_a_run_of_which_bytes_were_changed_is_refused_or_shown(path, make_run, data):
    text = bytearray(msgspec.json.encode(make_run()))
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    del text[len(text) - data.draw(st.sampled_from([0, 0, 0, 1, 50])) :]
    run = read(path, bytes(text))
    if run is not None:
        use(path, run)


@pytest.mark.parametrize("levels", [3, 100, 400, 900, 100_000])
@pytest.mark.parametrize("field", ["machine", "evidence", "unknown", "signature"])
def test_deep_values_are_refused_or_shown(path, make_run, levels, field):
    text = b"[" * levels + b"]" * levels
    whole = msgspec.json.encode(make_run())
    changed = {
        "machine": whole.replace(b'"facts":{', b'"facts":{"x":' + text + b",", 1),
        "evidence": whole.replace(b'"evidence":{', b'"evidence":{"x":' + text + b",", 1),
        "unknown": whole.replace(b'{"schema"', b'{"x":' + text + b',"schema"', 1),
        "signature": whole.replace(b'"signature":null', b'"signature":' + text, 1),
    }[field]
    assert changed != whole
    run = read(path, changed)
    if run is not None:
        use(path, run)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"credit":1.0', b'"credit":1.5'), (b'"credit":1.0', b'"credit":-0.5'), (b'"credit":1.0', b'"credit":1e999'),
        (b'"credit":1.0', b'"credit":NaN'), (b'"weight":3', b'"weight":0'), (b'"weight":3', b'"weight":-3'),
        (b'"weight":3', b'"weight":1e300'), (b'"points":4', b'"points":-4'), (b'"points":4', b'"points":1e300'),
        (b'"minutes":10', b'"minutes":-10'), (b'"outcome":"passed"', b'"outcome":"excellent"'),
        (b'"cut_scores":{}', b'"cut_scores":{"total":200}'),
    ],
)  # fmt: skip
def test_a_value_that_no_run_can_have_is_refused(path, make_run, old, new):
    whole = msgspec.json.encode(make_run(ability=1.0, left=0))
    assert read(path, whole) is not None
    assert old in whole
    assert read(path, whole.replace(old, new, 1)) is None
