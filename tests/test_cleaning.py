"""Candidates' text is harmless wherever it is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptassess.sandbox.cleaning import clean


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice control\x1b\\after", "after"),
        ("\x1bcreset", "reset"),
        ("over\rwritten", "over\nwritten"),
        ("line\r\nend", "line\nend"),
        ("back\x08space\x00\x7f", "backspace"),
        ("\x9b31mC1", "31mC1"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("zero\u200bwidth\ufeff\u2066", "zerowidth"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("größer ≥ 1 · 数学 🙂", "größer ≥ 1 · 数学 🙂"),
        ("\ud800lone", "lone"),
    ],
)
def test_what_could_steer_a_terminal_is_gone_and_the_text_stays(hostile, harmless):
    assert clean(hostile, 1000) == harmless


@given(st.text(alphabet=st.characters() | st.sampled_from("\x1b[]\x07\r\u202e"), max_size=300))
def test_nothing_but_printable_text_comes_out_of_any_text(text):
    for character in clean(text, 200):
        assert character in "\n\t…" or unicodedata.category(character)[0] != "C"


def test_what_is_cut_is_said():
    assert clean("x" * 150, 100) == "x" * 100 + "\n… 50 more characters"
