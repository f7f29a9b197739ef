"""A function of ours reads many texts in a process of its own; a text that does harm there costs itself alone."""

import time

import pytest

from ptassess import parsing, sources
from ptassess.errors import RunFileError
from ptassess.submission import Submission

READER = """
import os, sys
import neighbour

def read(text, times=1):
    if text == "die":
        os._exit(3)
    if text == "hang":
        while True:
            pass
    if text == "sleep":
        import signal, time
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(60)
    if text == "eat":
        return len(bytearray(4 * 2**30))
    if text == "deep":
        return read(text)
    if text == "wrong":
        raise KeyError("wrong")
    if text == "environment":
        return [sorted(os.environ), [path for path in sys.path if "site-packages" in path]]
    return neighbour.shout(text) * times
"""


@pytest.fixture
def reader(tmp_path):
    (tmp_path / "reader.py").write_text(READER)
    (tmp_path / "neighbour.py").write_text("def shout(text):\n    return text.upper()\n")
    return tmp_path / "reader.py"


def test_each_text_gives_what_the_function_makes_of_it(reader):
    assert parsing.each({"a": "x", "b": "é"}, reader, "read", options={"times": 2}) == ({"a": "XX", "b": "ÉÉ"}, {})


def test_no_text_is_no_process(tmp_path):
    assert parsing.each({}, tmp_path / "not there.py", "read") == ({}, {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("die", "its reader did not survive it"),
        ("eat", "takes too much memory"),
        ("deep", "nested too deeply"),
        ("wrong", "could not be read: KeyError"),
    ],
)
def test_a_text_that_does_harm_costs_itself_alone(reader, text, why):
    made, failed = parsing.each({"a": "x", "bad": text, "b": "y"}, reader, "read")
    assert made == {"a": "X", "b": "Y"}
    assert failed.keys() == {"bad"}
    assert why in failed["bad"]


def test_a_text_that_takes_too_long_costs_itself_alone(reader):
    made, failed = parsing.each({"a": "x", "bad": "hang", "b": "y"}, reader, "read", seconds_each=0.3)
    assert made == {"a": "X", "b": "Y"}
    assert failed == {"bad": "takes longer than 0.3 s to be read"}


def test_there_is_an_end_to_it_even_where_no_signal_helps(reader):
    start = time.monotonic()
    made, failed = parsing.each({"a": "x", "bad": "sleep", "b": "y"}, reader, "read", seconds=2)
    assert time.monotonic() - start < 20
    assert made == {"a": "X"}
    assert failed == {
        "bad": "could not be read: its reader did not survive it",
        "b": "not looked at: the others took 2 s",
    }


def test_the_reader_has_no_environment_and_no_packages(reader, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(reader.parent))
    monkeypatch.setenv("SECRET", "1")
    variables, packages = parsing.each({"a": "environment"}, reader, "read")[0]["a"]
    assert set(variables) <= {"LC_CTYPE"}
    assert packages == []


def test_a_reader_that_cannot_be_imported_is_our_own_mistake(tmp_path):
    (tmp_path / "reader.py").write_text("import nowhere\n")
    with pytest.raises(RuntimeError, match="nowhere"):
        parsing.each({"a": "x"}, tmp_path / "reader.py", "read")


# -- sources -------------------------------------------------------------------------------------------------------


def submission(tmp_path, **files):
    (tmp_path / "solutions" / "inner").mkdir(parents=True)
    for name, content in files.items():
        (tmp_path / "solutions" / f"{name}.py").write_bytes(content)
    return Submission.open(tmp_path)


def test_sources_are_the_python_files_and_say_what_they_leave_out(tmp_path):
    (tmp_path / "solutions" / "inner").mkdir(parents=True)
    (tmp_path / "solutions" / "inner" / "__init__.py").write_text("x = 1\n")
    (tmp_path / "solutions" / "notes.txt").write_text("no code")
    (tmp_path / "solutions" / "link.py").symlink_to(tmp_path / "solutions" / "inner" / "__init__.py")
    (tmp_path / "solutions" / "bom.py").write_bytes(b"\xef\xbb\xbfy = 2\n")
    (tmp_path / "solutions" / "latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    (tmp_path / "solutions" / "long.py").write_bytes(b"#" * (sources.MAX_FILE + 1))
    found = sources.read(Submission.open(tmp_path))
    assert found.texts == {"bom.py": "y = 2\n", "inner/__init__.py": "x = 1\n"}
    assert found.left_out == {"latin.py": "not UTF-8", "long.py": "larger than 256 KiB"}


def test_a_submission_has_a_most_of_code(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_ALL", 10)
    found = sources.read(submission(tmp_path, a=b"a = 1\n", b=b"b = 22\n", c=b"c=1"))
    assert list(found.texts) == ["a.py", "c.py"]
    assert found.left_out.keys() == {"b.py"}


def test_what_is_kept_is_read_back_and_something_else_is_refused_in_one_line(tmp_path):
    kept = sources.Sources(texts={"a.py": "x = '\u202e'\r\n"}, left_out={"b.py": "not UTF-8"})
    sources.write(kept, tmp_path / "sources.json")
    assert sources.load(tmp_path / "sources.json") == kept
    (tmp_path / "sources.json").write_text("[1]")
    with pytest.raises(RunFileError, match="grade again"):
        sources.load(tmp_path / "sources.json")


def test_lines_are_counted_as_python_counts_them():
    text = "a = 1\x0c\r\nb = '\u2028'\rc = 3\n"
    assert sources.lines(text) == ["a = 1\x0c", "b = '\u2028'", "c = 3", ""]
