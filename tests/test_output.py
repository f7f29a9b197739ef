"""Text of a candidate's is harmless wherever it comes out: terminal, log, JSON, JUnit, HTML.

Each place is also shown to carry the text at all: what is left of it is there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ptassess.sandbox.cleaning import in_full, one_line

PACK = Path(__file__).parent / "packs" / "double"
MARK = "owl"  # survives cleaning
HIDDEN = "\x1b]0;title\x07\x1b[31m\x9b2J\x00\x08\u202e\u2066\u200b\ufeff\u2028\u3164\U000e0041"
PAYLOAD = f"{MARK}{HIDDEN}<script>alert(1)</script>]]>&\"'\r\n==== 9 passed in 0.01s ===="
NAME = "eve\x1b[2J\u202e\u200bowl<marquee>"  # of a folder; a slash cannot be in it

# ascii() keeps the source itself harmless, so that only what runs is hostile.
RAISES = f"""
import sys
PAYLOAD = {PAYLOAD!a}
print(PAYLOAD)
print(PAYLOAD, file=sys.stderr)

def fails(x):
    raise type(PAYLOAD.replace(chr(0), ""), (Exception,), {{}})(PAYLOAD)

fails.__code__ = fails.__code__.replace(co_name=PAYLOAD.replace(chr(0), ""))

def double(x):
    fails(x)

def triple(x):
    print(PAYLOAD)
    return PAYLOAD
"""
DOES_NOT_IMPORT = f"raise ImportError({PAYLOAD!a})\n"


def kit(folder, source):
    solutions = folder / "solutions"
    solutions.mkdir(parents=True)
    (solutions / "double.py").write_text(source)
    (solutions / "conftest.py").write_text("")
    (solutions / f"{NAME}.py").write_text("")
    shutil.copytree(PACK, folder / "challenges" / "double", ignore=shutil.ignore_patterns("private", "__pycache__"))
    return folder


def run(*command, cwd):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    environment |= {"COLUMNS": "500", "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, timeout=120, check=False
    )
    return done.stdout.decode() + done.stderr.decode()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A hostile cohort, graded from the command line: what was printed, and where the results are."""
    folder = tmp_path_factory.mktemp("cohort")
    kit(folder / "in" / NAME, RAISES)
    kit(folder / "in" / "plain", DOES_NOT_IMPORT)
    (folder / "in" / f"broken {NAME}.zip").write_bytes(b"PK\x03\x04 not a zip")
    (folder / "in" / "roster.csv").write_text(f'submission,candidate\nplain,"{PAYLOAD.replace(chr(34), "")}"\n')
    command = ("-c", "from ptassess.cli import main; main()", "grade", "in", "--out", "out")
    told = run(*command, "--pack", str(PACK), "--only", "double", "--isolation", "process", cwd=folder)
    return told, folder / "out"


@pytest.fixture(scope="module")
def practised(tmp_path_factory):
    """The same kit under pytest without a wall, with its full tracebacks: what was printed, and its JUnit file."""
    folder = kit(tmp_path_factory.mktemp("kit") / "ada", RAISES)
    options = ("--import-mode=importlib", "-p", "no:cacheprovider", "--submission", ".", "--isolation=inprocess")
    reports = ("--junitxml=junit.xml", "-o", "junit_logging=all", "--run-file=run.json", "--scorecard=page.html")
    told = run("-m", "pytest", "challenges", *options, *reports, "--full-trace", "-rA", "-v", cwd=folder)
    return told, folder


def hidden_in(text):
    """Characters that no place may carry, with what stands around them."""
    found = [m.start() for m in re.finditer("[^\n\t\x20-\x7e]", text)]
    bad = [at for at in found if unicodedata.category(text[at])[0] == "C" or text[at] in "\u2028\u2029\u3164"]
    return [ascii(text[max(0, at - 30) : at + 30]) for at in bad[:5]]


def strings_in(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, str):
        yield value


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.scripts, self.others, self.text = [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.others.add(tag)
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data):
        self.text.append(data)


def no_forged_line(text):
    return not [line for line in text.splitlines() if line.startswith("==== 9 passed")]


def test_the_payload_is_hostile_everywhere_to_begin_with():
    assert hidden_in(PAYLOAD)
    assert hidden_in(NAME)
    assert not no_forged_line(PAYLOAD)


def test_the_terminal_of_grade(graded):
    told, _ = graded
    assert hidden_in(told) == []
    assert no_forged_line(told)
    assert told.count(MARK) >= 3  # a candidate's name, a file that is left out, an archive that cannot be read
    assert "conftest.py: it would configure pytest" in told


def test_the_log_of_each_judge(graded):
    logs = [path.read_text() for path in graded[1].glob("*/pytest.log")]
    assert len(logs) == 2
    for log in logs:
        assert hidden_in(log) == []
        assert no_forged_line(log)
        assert MARK in log


def test_the_run_files(graded):
    paths = list(graded[1].glob("*/run.json"))
    assert len(paths) == 2
    for path in paths:
        read = json.loads(path.read_text())
        assert [bad for text in strings_in(read) for bad in hidden_in(text)] == []
        assert all(check["outcome"] == "failed" for check in read["checks"])
        assert all("\n" not in check["message"] for check in read["checks"])
        assert read["submission"]["ignored"].keys() == {"conftest.py", in_full(f"{NAME}.py")}
        assert read["submission"]["files"].keys() == {"double.py"}
        assert MARK in read["candidate"]
        assert [check["message"] for check in read["checks"] if MARK in check["message"]]
    outputs = "".join(check["output"] for path in paths for check in json.loads(path.read_text())["checks"])
    assert MARK in outputs


def test_the_pages(graded):
    _, out = graded
    pages = [out / "index.html", *out.glob("*/scorecard.html")]
    assert len(pages) == 3
    for page in pages:
        text = page.read_text()
        found = Tags(text)
        assert hidden_in(text) == []
        assert all(set(script) <= {"id"} or "alert" not in str(script) for script in found.scripts)
        assert "<script>alert" not in text
        assert "marquee" not in found.others
        assert MARK in "".join(found.text)


def test_names_of_results_are_names_that_can_be_typed(graded):
    assert {path.name for path in graded[1].iterdir() if path.is_dir()} == {in_full(NAME), "plain"}


def test_a_candidates_name_comes_from_the_roster_in_one_line(graded):
    run_file = json.loads((graded[1] / "plain" / "run.json").read_text())
    assert run_file["candidate"] == one_line(PAYLOAD.replace('"', ""), 100)


def test_the_terminal_of_pytest_without_a_wall(practised):
    told, _ = practised
    assert hidden_in(told) == []
    assert "Captured stdout call" in told
    assert told.count(MARK) > 10
    assert "Left out of the submission: conftest.py: it would configure" in told


def test_the_junit_file(practised):
    _, folder = practised
    text = (folder / "junit.xml").read_text()
    assert hidden_in(text) == []
    cases = ET.fromstring(text).findall(".//testcase")
    assert len(cases) == 3
    for case in cases:
        (failure,) = case.findall("failure")
        assert hidden_in(failure.get("message")) == []
        assert "#x1B" not in ET.tostring(case, encoding="unicode")  # as pytest writes an escape that it was given
    assert MARK in text


def test_the_json_and_the_page_of_practice(practised):
    _, folder = practised
    read = json.loads((folder / "run.json").read_text())
    assert [bad for text in strings_in(read) for bad in hidden_in(text)] == []
    assert hidden_in((folder / "page.html").read_text()) == []
