"""What plugins point at: cleaned, with the code that they point at, stored, shown to the team, and never scored."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from ptassess import findings, render, sources, store
from ptassess.loading import load_file
from ptassess.result import ChallengeFacts, CheckResult, Finding, Run, SubmissionFacts, TaskFacts
from ptassess.scoring import score
from ptassess.submission import Submission

technique = load_file(Path(__file__).parents[1] / "plugins" / "technique" / "plugin.py")
HOSTILE = "\x1b[31m<script>alert(1)</script>\u202egnp.\u200b\x00"


def gathered(tmp_path, *made, text="a = 1\nb = 2\nc = 3\nd = 4\ne = 5\nf = 6\n"):
    (tmp_path / "solutions").mkdir(exist_ok=True)
    (tmp_path / "solutions" / "a.py").write_bytes(text.encode())
    catalogue = SimpleNamespace(gather=lambda *_, **__: list(made))
    return findings.gathered(catalogue, Submission.open(tmp_path), [])


def test_a_finding_brings_the_code_that_it_points_at(tmp_path):
    (finding,) = gathered(tmp_path, Finding(challenge="", title="x", file="a.py", line=4, end_line=5))
    assert (finding.excerpt_line, finding.excerpt) == (
        2,
        "b = 2\nc = 3\nd = 4\ne = 5\nf = 6\n".removesuffix("\n") + "\n",
    )


@pytest.mark.parametrize("where", [{"file": "a.py", "line": 99}, {"file": "b.py", "line": 1}, {"file": "a.py"}])
def test_a_place_that_is_not_there_has_no_excerpt(tmp_path, where):
    (finding,) = gathered(tmp_path, Finding(challenge="", title="x", **where))
    assert (finding.excerpt, finding.excerpt_line) == ("", 0)


def test_the_text_of_a_candidate_is_cleaned_and_keeps_its_line_numbers(tmp_path):
    text = f"a = 1\x0c\n# {HOSTILE}\u2028\nc = {'9' * 5000}\n"
    (finding,) = gathered(
        tmp_path, Finding(challenge="", title=HOSTILE, detail=HOSTILE, file="a.py", line=2), text=text
    )
    assert finding.title == finding.detail == "<script>alert(1)</script>gnp."
    lines = finding.excerpt.split("\n")
    assert lines[:2] == ["a = 1", "# <script>alert(1)</script>gnp. "]
    assert len(lines) == 4
    assert len(lines[2]) < 300


def test_a_long_finding_shows_its_beginning(tmp_path):
    text = "x = 1\n" * 100
    (finding,) = gathered(tmp_path, Finding(challenge="", title="x", file="a.py", line=1, end_line=90), text=text)
    assert finding.excerpt.count("\n") < 20


def test_a_source_is_a_page_of_the_web_or_nothing(tmp_path):
    first, second = gathered(
        tmp_path,
        Finding(challenge="", title="x", source="javascript:alert(1)"),
        Finding(challenge="", title="x", source="https://docs.pytorch.org/"),
    )
    assert (first.source, second.source) == ("", "https://docs.pytorch.org/")


def test_nobody_reads_thousands_and_what_is_no_finding_is_dropped(tmp_path):
    made = gathered(
        tmp_path, "not one", *[Finding(challenge="", title=str(i), line=i) for i in range(findings.MOST + 7)]
    )
    assert len(made) == findings.MOST + 1
    assert made[-1].title == "7 more findings are not kept"


# -- run files, scores and pages -----------------------------------------------------------------------------------


def run_with(*found):
    check = {"challenge": "c", "task": "t", "nodeid": "n"}
    checks = (
        CheckResult(check="one", outcome="passed", credit=1.0, **check),
        CheckResult(check="two", outcome="failed", **check),
    )
    task = TaskFacts(name="t", points=3, level="foundation", minutes=5, checks=("one", "two"))
    return Run(
        ptassess="0",
        run_id="r",
        candidate="ada",
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:01:00Z",
        submission=SubmissionFacts(name="ada"),
        challenges=(ChallengeFacts(slug="c", title="C", tasks=(task,)),),
        checks=checks,
        findings=tuple(found),
    )


def finding(**changed):
    told = {"challenge": "c", "title": "One `element`", "detail": "Why.", "file": "c.py", "line": 2, "code": "PT101"}
    told |= {"remedy": "Do.", "source": "https://docs.pytorch.org/x", "excerpt": "a\nb\nc", "excerpt_line": 1}
    return Finding(**(told | changed))


class Words(HTMLParser):
    """The text, tags and links of a page."""

    def __init__(self, page):
        super().__init__()
        self.text, self.tags, self.links, self.marked = "", [], [], ""
        self._hit = self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._silent = tag in {"style", "script"}
        told = dict(attributes)
        if tag == "a":
            self.links.append(told.get("href"))
        if tag == "span" and (self._hit or "hit" in (told.get("class") or "").split()):
            self._hit += 1

    def handle_endtag(self, tag):
        self._silent = False
        if tag == "span" and self._hit:
            self._hit -= 1

    def handle_data(self, data):
        self.text += "" if self._silent else data
        if self._hit:
            self.marked += data


def sources_of(folder, content):
    (folder / "solutions").mkdir()
    (folder / "solutions" / "a.py").write_bytes(content)
    return sources.read(Submission.open(folder))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"# coding: utf-7\n# harmless +AAo-seen = 1\n", "declares the encoding utf-7: findings"),
        (b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\n# harmless\nseen = 1\n", "declares the encoding iso-8859-1"),
        (b"   \r# coding: utf-7\n# harmless +AAo-seen = 1\n", "declares the encoding utf-7"),
        (b"#\r\n# coding: utf-7\r\n# harmless +AAo-seen = 1\r\n", "declares the encoding utf-7"),
    ],
    ids=["a first line", "a second line", "a lone carriage return", "two line ends"],
)
def test_a_file_in_another_encoding_is_said_and_never_shown_as_what_does_not_run(tmp_path, content, why):
    found = sources_of(tmp_path, content)
    names = {}
    exec(content, names)  # the control: code that a reader of UTF-8 takes for a comment
    assert names["seen"] == 1
    assert found.texts == {}
    assert found.left_out["a.py"].startswith(why)
    (told,) = technique.ptassess_findings(tmp_path, [])
    assert (told.code, told.file) == ("PT001", "a.py")
    assert why in told.title


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"# coding: nonsense\n", "unknown encoding: nonsense"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem"),
        (b"# caf\xe9\n", "not UTF-8"),
        (b"# coding: " + b"x" * 9_000, "unknown encoding: xxx"),
    ],
)
def test_a_file_that_python_cannot_read_either_is_said_in_a_few_words(tmp_path, content, why):
    found = sources_of(tmp_path, content)
    assert found.texts == {}
    assert why in found.left_out["a.py"]
    assert len(found.left_out["a.py"]) <= 120


@pytest.mark.parametrize("start", [b"", b"# coding: utf-8\n", b"# vim: set fileencoding=utf8 :\n", b"\xef\xbb\xbf"])
def test_a_file_in_utf_8_is_read_however_it_says_so(tmp_path, start):
    found = sources_of(tmp_path, start + "x = 'é'\n".encode())
    assert found.left_out == {}
    assert found.texts["a.py"].endswith("x = 'é'\n")


def test_findings_never_change_a_score():
    many = [finding(line=i) for i in range(50)]
    assert score(run_with()) == score(run_with(*many))
    assert score(run_with()).total.score == pytest.approx(50)


def test_findings_survive_the_run_file_and_an_old_one_is_still_read(tmp_path):
    store.write(run_with(finding()), tmp_path / "run.json")
    assert store.read(tmp_path / "run.json") == run_with(finding())
    old = msgspec.json.decode((tmp_path / "run.json").read_bytes())
    old["findings"] = [{"challenge": "c", "title": "An older one", "file": "c.py", "line": 3, "detail": "x"}]
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(old))
    (read,) = store.read(tmp_path / "run.json").findings
    assert (read.title, read.code, read.excerpt) == ("An older one", "", "")
    assert "An older one" in render.findings_html(store.read(tmp_path / "run.json"))


def test_the_scorecard_says_nothing_of_them():
    assert render.scorecard_html(run_with(finding())) == render.scorecard_html(run_with())


def test_the_page_of_findings_shows_file_line_code_and_what_to_do():
    page = Words(
        render.findings_html(run_with(finding(), finding(file="", line=0, excerpt="", title="Whole")), "scorecard.html")
    )
    assert "2 findings in the code of ada" in page.text
    for part in ("c.py", "PT101", "line 2", "One element", "Why.", "Do.", "Whole", "The whole submission"):
        assert part in page.text
    assert page.marked.strip() == "2b"
    assert page.links == ["#main", "./scorecard.html", *["https://docs.pytorch.org/x"] * 2]


def test_hostile_text_is_text_on_the_page_of_findings():
    told = dict.fromkeys(("title", "detail", "remedy", "file", "code", "excerpt", "challenge"), HOSTILE)
    html = render.findings_html(run_with(finding(**told, source="javascript:alert(1)")), "javascript:x")
    page, plain = Words(html), Words(render.findings_html(run_with(finding(), finding(file="x"))))
    assert set(page.tags) <= set(plain.tags)
    assert page.tags.count("script") == 1
    assert page.links == ["#main", "./javascript%3Ax"]
    assert not {"\x1b", "\u202e", "\u200b", "\x00"} & set(html)


def test_the_index_leads_to_the_findings_of_a_candidate_and_to_pages_about_all():
    told = SimpleNamespace(href="similarity.html", title="Similarity <b>", summary="2 pairs")
    entry = render.Entry(run=run_with(finding()), href="ada/scorecard.html", findings="ada/findings.html")
    page = Words(render.index_html([entry], pages=[told], notes=["a plugin broke"]))
    assert "./ada/findings.html" in page.links
    assert "./similarity.html" in page.links
    for part in ("1 finding", "Similarity <b>: 2 pairs", "a plugin broke"):
        assert part in page.text
    silent = Words(render.index_html([replace(entry, findings="")]))
    assert "finding" not in silent.text
