"""Pages hold everything a run holds, as text, and ask nothing of any network."""

import base64
import hashlib
import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import jinja2
import msgspec
import pytest

from ptassess import content, keys, render, signing
from ptassess.cohort import cohort
from ptassess.errors import UserError
from ptassess.render import Entry
from ptassess.result import ChallengeFacts, CheckResult, Finding, MachineFacts, Run, SubmissionFacts, TaskFacts
from ptassess.scoring import score

VOID = {"meta", "link", "br", "input", "img", "hr"}
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></pre><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "`<b>ticks</b>`",
)
HIDDEN = "\x1b[31mred\x1b]8;;http://evil\x07\x00\u202egpj.exe\u2066\ud800"


class Page(HTMLParser):
    """What a page consists of; raises if tags do not match."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.ids, self.text, self.stack = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.stack == []
        self.whole = re.sub(r"\s+", " ", "".join(self.text))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.stack
        assert self.stack.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if not self.stack or self.stack[-1] not in ("style", "script"):
            self.text.append(data)

    def says(self, text):
        return text in self.whole

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def run(make_run):
    return make_run(seed=5, competencies=2, ability=0.5, left=0.2)


@pytest.fixture(scope="module")
def scorecard(run):
    return render.scorecard_html(run)


@pytest.fixture(scope="module")
def index(make_run):
    entries = [
        Entry(run=make_run(seed=i, candidate=f"Candidate {i}", ability=0.3 + 0.1 * i), href=f"c {i}/scorecard.html")
        for i in range(5)
    ]
    return render.index_html([*entries, Entry(candidate="nobody", reason="nobody: no `solutions/` in it")])


def hostile(make_run, text):
    """A run with the text in every string that a run file may hold."""
    check = CheckResult(
        challenge="c", task="t", check=text, nodeid=text, outcome="failed", cause="raised", title=text, message=text,
        detail=text, output=text, evidence={text: text, "nested": {text: [text, {text: text}]}},
    )  # fmt: skip
    challenge = ChallengeFacts(
        slug="c", title=text, digest=text, brief=f"{text}\n\n[x](javascript:alert(1)) ![x](http://evil/x.png)\n",
        tasks=(TaskFacts(name="t", points=1, level="foundation", minutes=1, checks=(text,)),),
    )  # fmt: skip
    return msgspec.structs.replace(
        make_run(),
        candidate=text, run_id=text, ptassess=text, exam=text, exam_digest=text, run_seed_hash=text, started=text,
        profile=text, device=text, isolation=text, unverified_because=(text,), notes=(text,), git={text: text},
        packages={text: text}, machine=MachineFacts(id=text, facts={text: text}), challenges=(challenge,),
        checks=(check,),
        submission=SubmissionFacts(name=text, digest=text, files={text: 1}, ignored={text: text}),
        findings=(Finding(challenge=text, title=text, detail=text, file=text, line=3),),
    )  # fmt: skip


def assert_inert(page, text):
    assert set(page.tags).isdisjoint({"img", "iframe", "object", "embed", "form", "base", "link"})
    assert page.tags.count("script") == 1
    assert page.tags.count("style") == 1
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    assert {href for href in page.values("href") if not re.match(r"#|\./", href)} <= {"http://evil/x.png"}, text


@pytest.mark.parametrize("text", PAYLOADS)
def test_a_scorecard_shows_hostile_text_as_text(make_run, text):
    page = Page(render.scorecard_html(hostile(make_run, text)))
    assert_inert(page, text)
    assert page.says(text.replace("`", ""))


@pytest.mark.parametrize("text", PAYLOADS)
def test_an_index_shows_hostile_text_as_text(make_run, text):
    entries = [
        Entry(run=hostile(make_run, text), href=text, candidate=text),
        Entry(candidate=text, reason=text),
    ]
    page = Page(render.index_html(entries, title=text))
    assert_inert(page, text)
    assert page.says(text)


def test_no_control_character_reaches_a_page(make_run):
    run = hostile(make_run, HIDDEN)
    entries = [Entry(run=run, href=HIDDEN, candidate=HIDDEN), Entry(candidate=HIDDEN, reason=HIDDEN)]
    for text in (render.scorecard_html(run), render.index_html(entries, title=HIDDEN)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
        text.encode()


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("ada/scorecard.html", "./ada/scorecard.html"),
        ("Zoë & co/a#b?.html", "./Zo%C3%AB%20%26%20co/a%23b%3F.html"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("https://evil.example/x", "./https%3A/evil.example/x"),
        ("//evil.example/x", ""),
        ("/etc/passwd", ""),
        ("../../secret.html", ""),
        ("..\\secret.html", ""),
        ("", ""),
    ],
)
def test_a_link_leads_nowhere_but_below_the_index(path, href):
    assert render.local_href(path) == href


def test_a_brief_keeps_web_links_and_nothing_that_loads():
    html = str(render._markdown("[a](https://x.example/y) [b](javascript:x) ![c](https://x.example/p.png) <b>d</b>"))
    assert 'href="https://x.example/y" rel="noreferrer noopener nofollow"' in html
    assert html.count("href=") == html.count("<a ") == 2  # a picture is a link to it: read, never loaded
    assert "<img" not in html
    assert "<b>" not in html


def test_a_page_asks_nothing_of_any_network(scorecard, index):
    for text in (scorecard, index):
        page = Page(text)
        assert not page.values("src")
        assert "link" not in page.tags
        assert "@import" not in text
        assert "url(" not in text
        assert not [href for href in page.values("href") if not re.match(r"#|\./|https://example.org/", href)]


def test_a_page_runs_only_the_style_and_script_that_its_policy_names(scorecard):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', scorecard).group(1).replace("&#39;", "'")
    assert policy.startswith("default-src 'none';")
    for kind in ("style", "script"):
        inside = re.search(rf"<{kind}>(.*?)</{kind}>", scorecard, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_ids_are_unique_and_every_link_within_a_page_has_a_target(scorecard, index):
    for text in (scorecard, index):
        page = Page(text)
        assert len(page.ids) == len(set(page.ids))
        assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(page.ids)


def test_headings_skip_no_level(scorecard, index):
    for text in (scorecard, index):
        levels = [int(tag[1]) for tag in Page(text).tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_scorecard_holds_every_fact_of_its_run(run, scorecard):
    page = Page(scorecard)
    for fact in (
        run.candidate, run.run_id, run.exam, run.isolation, run.ptassess, run.run_seed_hash, str(run.run_seed),
        run.exam_digest, run.submission.digest, run.machine.id, "AMD EPYC 9B14", run.git["commit"], "2.14.1",
        "23 November 2026", "09:00 UTC", "Graded, not verified", "isolation below locked", "not a Python file",
        *(facts.digest for facts in run.challenges),
    ):  # fmt: skip
        assert page.says(fact), fact


def test_a_scorecard_shows_every_check_with_its_words(run, scorecard):
    page = Page(scorecard)
    assert page.values("class").count("num") == len(run.checks)
    for check in run.checks:
        assert page.says(check.title)
        assert page.says(check.check)
        assert page.says(check.message)
        assert page.says(re.sub(r"\s+", " ", check.detail))


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        ("passed", "✓ passed"), ("failed", "✗ failed"), ("error", "! judge error"),
        ("not attempted", "○ not attempted"), ("not assessed", "– not assessed"), ("inconclusive", "? inconclusive"),
    ],
)  # fmt: skip
def test_an_outcome_is_a_symbol_and_a_word_and_never_colour_alone(make_run, outcome, word):
    run = make_run()
    checks = (msgspec.structs.replace(run.checks[0], outcome=outcome), *run.checks[1:])
    assert Page(render.scorecard_html(msgspec.structs.replace(run, checks=checks))).says(word)


@pytest.mark.parametrize("cause", ["raised", "missing", "timeout", "memory", "crash", "protocol", "value"])
def test_a_cause_is_explained(make_run, cause):
    run = make_run()
    check = msgspec.structs.replace(run.checks[0], outcome="failed", cause=cause)
    text = render.scorecard_html(msgspec.structs.replace(run, checks=(check, *run.checks[1:])))
    assert Page(text).says(f"Cause: {cause}. ")


def test_a_withheld_property_says_why(make_run):
    run = make_run(ability=1.0, left=0)
    first, *rest = run.checks
    run = msgspec.structs.replace(run, checks=(msgspec.structs.replace(first, outcome="failed"), *rest))
    assert Page(render.scorecard_html(run)).says("Passed, but a property earns only where the answer is right")


def test_a_score_that_is_not_sure_states_its_bounds(make_run):
    run = make_run(ability=1.0, left=0)
    undecided = tuple(msgspec.structs.replace(check, outcome="inconclusive") for check in run.checks[:6])
    run = msgspec.structs.replace(run, checks=undecided + run.checks[6:])
    total = score(run).total
    assert Page(render.scorecard_html(run)).says(
        f"between {total.low:.0f} and {total.high:.0f}, {total.coverage:.0f} % decided"
    )


@pytest.mark.parametrize("level", ["inprocess", "process", "locked", "namespaced", "container", "a plugin's"])
def test_the_isolation_level_is_named_and_explained(make_run, level):
    text = render.scorecard_html(make_run(isolation=level))
    assert Page(text).says(f"Isolation: {level}")


@pytest.mark.parametrize("stamp", ["practice", "graded"])
def test_the_stamp_is_told(make_run, stamp):
    assert Page(render.scorecard_html(make_run(stamp=stamp))).says(stamp.capitalize())


@pytest.mark.parametrize("trusted", [True, False])
def test_a_verified_run_names_its_signer_if_the_key_is_trusted_and_else_says_so(
    make_run, trusted, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "signer"))
    key = keys.create("acme")
    run = signing.sign(make_run(stamp="verified"), key)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "reader"))
    if trusted:
        keys.trust(keys.PublicKey(key.public.text, "the-team"))
    word = "Verified by the-team" if trusted else "Unknown key"
    page = Page(render.scorecard_html(run))
    badge = "ok" if trusted else "open"
    for text in (render.scorecard_html(run), render.index_html([(run, "a.html")])):
        assert re.search(rf'<span class="badge {badge}">(Verified by <bdi>the-team</bdi>|Unknown key)</span>', text)
    assert page.says(f"{word}.")
    assert page.says(key.public.fingerprint)
    index = Page(render.index_html([(run, "a.html")]))
    assert index.says(word)
    assert ("tr", "data-stamp", "verified" if trusted else "unknown key") in index.attributes


def test_a_stamp_that_nobody_signed_is_not_shown_as_verified(make_run):
    assert not Page(render.scorecard_html(make_run(stamp="verified"))).says("Verified by")


@pytest.mark.parametrize(("cut", "told"), [(1, "reached"), (100, "not reached")])
def test_a_cut_score_is_told(make_run, cut, told):
    page = Page(render.scorecard_html(make_run(cut_scores={"total": cut}, ability=0.5)))
    assert page.says(f"Total: {cut} % asked, {told}")
    assert not Page(render.scorecard_html(make_run())).says("Cut scores")


def test_a_secret_seed_stays_secret(make_run):
    page = Page(render.scorecard_html(make_run(run_seed=None)))
    assert page.says("Run seedsecret")


@pytest.mark.parametrize("competencies", [0, 1, 17])
def test_a_scorecard_works_for_any_number_of_competencies(make_run, competencies):
    page = Page(render.scorecard_html(make_run(competencies=competencies)))
    assert page.values("class").count("competency") == competencies


def test_a_run_in_which_nothing_was_attempted_has_a_scorecard(make_run):
    assert Page(render.scorecard_html(make_run(left=1.1))).says("None of the 8 tasks was attempted.")


def test_the_barest_run_file_has_a_scorecard():
    task = TaskFacts(name="t", points=1, level="odd", minutes=1)
    bare = Run(
        ptassess="0", run_id="r", candidate="", started="", finished="", submission=SubmissionFacts(name=""),
        challenges=(ChallengeFacts(slug="c", title="C", tasks=(task,)),),
    )  # fmt: skip
    assert Page(render.scorecard_html(bare)).says("No check of this task reported a result.")


def test_pages_follow_the_readers_colours_and_the_printer(scorecard):
    style = re.search(r"<style>(.*?)</style>", scorecard, re.DOTALL).group(1)
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style
    assert "::details-content" in style
    assert 'name="color-scheme" content="light dark"' in scorecard


def colours(block):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block))


def contrast(one, other):
    """WCAG 2.2's contrast ratio of two colours."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(theme):
    style = (content.reports_dir() / "style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    named = colours(light) | (colours(dark) if theme == "dark" else {})
    for ink in ("ink", "quiet", "link", "ok", "bad", "err", "idle", "away", "open"):
        for ground in ("paper", "raised", "note-bg"):
            assert contrast(named[ink], named[ground]) >= 4.5, (ink, ground)
    for step in range(6):
        assert contrast(named[f"h{step}-ink"], named[f"h{step}"]) >= 4.5, step


def test_an_index_ranks_links_and_tells_what_could_not_be_graded(index):
    page = Page(index)
    assert "./c%200/scorecard.html" in page.values("href")
    assert page.says("nobody: no solutions/ in it")
    assert page.says("6 submissions")
    assert page.says("Median")


def test_every_cell_of_the_sortable_table_has_a_sort_key(index):
    body = re.search(r'<table class="candidates sortable">.*?<tbody>(.*?)</tbody>', index, re.DOTALL).group(1)
    columns = re.search(r'sortable">\s*<thead>(.*?)</thead>', index, re.DOTALL).group(1).count("<th ")
    assert body.count("data-key=") == columns * 5
    ranks = re.findall(r'<td class="right" data-key="(\d+)">', body)
    assert ranks == sorted(ranks)


def test_equal_scores_share_a_rank_and_the_undecided_have_none(make_run):
    best, worst = make_run(ability=1, left=0, candidate="b"), make_run(left=1.1, candidate="c")
    undecided = msgspec.structs.replace(best, checks=(), candidate="d")
    rows = cohort([Entry(run=one) for one in (undecided, worst, best, best)]).rows
    assert [row.rank for row in rows] == [1, 1, 3, None]


def test_what_sets_a_run_apart_is_flagged(make_run):
    runs = [make_run(seed=i) for i in range(3)]
    odd = msgspec.structs.replace(runs[0], exam="other", complete=False, isolation="inprocess", candidate="odd")
    rows = cohort([Entry(run=run) for run in (*runs, odd)]).rows
    found = {row.entry.name: {flag.word for flag in row.flags} for row in rows}
    assert {"partial", "other exam", "other isolation"} <= found["odd"]
    assert "other exam" not in found["Ada Lovelace"]


def test_the_hardest_task_comes_first(make_run):
    lines = cohort([Entry(run=make_run(seed=i, competencies=2)) for i in range(4)]).tasks
    means = [line.mean for line in lines]
    assert means == sorted(means)


def test_a_heat_map_has_no_more_columns_than_a_screen(make_run):
    run = make_run()
    told = cohort([Entry(run=run)] * 101)
    assert len(told.groups) == 34
    assert {len(line.cells) for line in told.tasks} == {34}
    assert sum(len(group) for group in told.groups) == 101


@pytest.mark.parametrize("competencies", [1, 17])
def test_an_index_works_for_one_run_and_for_none(make_run, competencies):
    assert Page(render.index_html([(make_run(competencies=competencies), "a.html")])).says("1 candidate")
    assert Page(render.index_html([])).says("No submission could be graded.")


def test_a_template_that_asks_for_what_is_not_there_is_an_error():
    environment = render._environment(content.reports_dir())
    with pytest.raises(jinja2.UndefinedError):
        environment.from_string("{{ nothing_of_this_name }}").render()


def test_pages_are_written_whole_and_folders_are_made(run, tmp_path):
    render.write_scorecard(run, tmp_path / "new" / "scorecard.html")
    render.write_index([(run, "new/scorecard.html")], tmp_path / "index.html", title="Spring")
    assert (tmp_path / "new" / "scorecard.html").read_text(encoding="utf-8").endswith("</html>")
    assert "Spring" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["index.html", "new", "scorecard.html"]


def test_an_unwritable_place_is_told_in_one_line(run, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError, match=r"cannot write the page \(.+\); name a folder") as caught:
        render.write_scorecard(run, tmp_path / "file" / "scorecard.html")
    assert "\n" not in str(caught.value)


def test_a_scorecard_takes_milliseconds(make_run):
    run = make_run()
    render.scorecard_html(run)
    started = time.process_time()
    for _ in range(5):
        render.scorecard_html(run)
    assert (time.process_time() - started) / 5 < 0.1  # measured: 0.004 to 0.008 s; a thousand must fit into 20 s
