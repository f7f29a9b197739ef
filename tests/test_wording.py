"""Values become words that do not say more than the values do."""

import math

import pytest

from ptassess import wording
from ptassess.scoring import Bounds
from ptassess.summary import in_words


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0, "0"), (0.2, "1"), (49.6, "50"), (99.6, "99"), (100, "100"), (99.9999999999, "100")],
)
def test_per_cent_is_whole_but_never_rounded_to_all_or_nothing(value, said):
    assert wording.percent(value) == said


def test_the_terminal_rounds_as_the_pages_do():
    assert in_words(Bounds(earned=99.7, decided=100.0, offered=100.0)) == "99 %"
    told = in_words(Bounds(earned=0.3, decided=90.0, offered=100.0))
    assert told == "1 %, between 1 and 10, 90 % decided"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0004, "0 ms"), (0.0125, "12 ms"), (0.5, "0.5 s"), (9.96, "10 s"), (99.6, "2 min"), (7200, "2.0 h")],
)
def test_a_duration_has_the_unit_that_suits_it(seconds, said):
    assert wording.duration(seconds) == said


@pytest.mark.parametrize(
    ("iso", "said"),
    [
        ("2026-11-23T09:00:00.000Z", ("23 November 2026", "23 Nov 2026", "09:00 UTC")),
        ("yesterday", ("yesterday", "yesterday", "")),
        ("", ("–", "–", "")),
    ],
)
def test_a_date_is_written_out_and_what_is_none_is_left(iso, said):
    assert (wording.date(iso), wording.day(iso), wording.clock(iso)) == said


@pytest.mark.parametrize(
    ("value", "step"), [(None, 0), (0, 0), (0.1, 1), (25, 2), (50, 3), (75, 4), (99.9, 4), (100, 5)]
)
def test_only_everything_has_the_darkest_shade(value, step):
    assert wording.shade(value) == step


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "yes"), (None, "–"), (1024, "1024"), (104_857_600, "104\u202f857\u202f600"), (1.5e-7, "1.5e-07"),
        ([[2, 3], [4]], "[2, 3], [4]"), ([], "none"), (list("abcdefghij"), "a, b, c, d, e, f, g, h … (10 in all)"),
        (math.nan, "nan"),
    ],
)  # fmt: skip
def test_a_value_is_said_in_words(value, said):
    assert wording.value(value) == said


def test_evidence_is_flat_and_draws_its_series():
    lines = wording.evidence({"a": {"b": {"c": 1}}, "times": [3.0, 1.0, 2.0, 4.0]})
    assert [line.name for line in lines] == ["a → b → c", "times"]
    assert lines[1].text == "4 values from 3 to 4, least 1, greatest 4"
    assert lines[1].curve == "0,43 200,110 400,76 600,10"


def test_a_curve_leaves_out_what_cannot_be_drawn():
    assert wording.curve([math.nan, math.inf, 1.0]) == ""
    assert len(wording.curve(range(100_000)).split()) <= 120
    assert "nan" not in wording.curve([1.0, math.nan, 2.0, -math.inf])


def test_very_deep_or_very_long_evidence_stays_short():
    deep = {"x": 1}
    for _ in range(50):
        deep = {"x": deep}
    assert all(len(line.text) < 3_000 for line in wording.evidence({"deep": deep, "long": "y" * 10**6, "big": 10**900}))


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: {"x": x}])
def test_values_that_lie_too_deep_are_left_out(wrap):
    deep = 1
    for _ in range(5_000):
        deep = wrap(deep)
    assert "…" in wording.value(deep)
    assert wording.value([{"a": [1, {}], "b": {"c": 2}}]) == "{a: [1, {none}], b: {c: 2}}"


def test_escape_sequences_vanish_and_what_hides_is_shown():
    assert wording.plain("\x1b[1;31mred\x1b[0m \u202eabc\x00 fine\n\ttoo") == "red \ufffdabc\ufffd fine\n\ttoo"
    assert wording.plain("नमस्ते 👩\u200d💻 שלום") == "नमस्ते 👩\u200d💻 שלום"
