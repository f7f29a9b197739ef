"""Copies in disguise are found, independent solutions are not flagged, and a person's judgement is kept."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ptassess import parsing, sources
from ptassess.errors import UserError
from ptassess.loading import load_file

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "plugins" / "similarity"
bench = load_file(ROOT / "benchmarks" / "similarity.py")
comparing = load_file(PLUGIN / "comparing.py")
dismissals = load_file(PLUGIN / "dismissals.py")
plugin = load_file(PLUGIN / "plugin.py")


# -- fingerprints --------------------------------------------------------------------------------------------------


def prints(text, **options):
    made, failed = parsing.each({"a": text}, PLUGIN / "fingerprints.py", "fingerprints", options=options)
    assert not failed
    return made["a"]


def hashes(text, **options):
    return [row[1] for row in prints(text, **options)]


LOOP = """
import torch

def smooth(x, width):
    out = []
    for i in range(len(x) - width):
        out.append(torch.mean(x[i : i + width]) * 2.0)
    total = torch.stack(out)
    return total / total.sum()
"""


@pytest.mark.parametrize(
    "other",
    [
        LOOP.replace("width", "n").replace("out", "rows").replace("smooth", "f"),
        LOOP.replace("import torch", "import torch as t").replace("torch.", "t."),
        LOOP.replace("import torch", "from torch import mean, stack").replace("torch.", ""),
        LOOP.replace("2.0", "3.5"),
        LOOP.replace("(x, width)", "(x: Tensor, width: int = 3) -> Tensor").replace(" = 3", ""),
        LOOP.replace("    out = []", '    """Smooth it."""\n\n    # begin\n    out = []'),
        LOOP.replace("out.append(", "out.append(\n            ").replace("/ total", "/(total)"),
    ],
    ids=["names", "alias", "from", "numbers", "annotations", "comments", "layout"],
)
def test_what_is_easily_changed_changes_no_fingerprint(other):
    assert hashes(other, window=1) == hashes(LOOP, window=1)


def test_another_operation_changes_some():
    assert hashes(LOOP.replace("torch.mean", "torch.median"), window=1) != hashes(LOOP, window=1)


def test_a_common_run_is_certain_to_share_a_fingerprint():
    """The guarantee of winnowing: K + WINDOW - 1 tokens in common."""
    window = load_file(PLUGIN / "fingerprints.py").WINDOW
    every, chosen = hashes(LOOP, window=1), set(hashes(LOOP))
    assert len(chosen) < len(every)
    assert all(chosen & set(every[i : i + window]) for i in range(len(every) - window + 1))


def test_no_more_rows_are_made_than_are_wanted_and_one():
    assert prints(LOOP, window=1, most=5) == prints(LOOP, window=1)[:6]


def test_what_everybody_was_given_is_never_chosen():
    assert hashes(LOOP, skip=hashes(LOOP, window=1)) == []


def test_lines_are_those_of_the_code():
    rows = prints(LOOP, window=1)
    assert min(row[2] for row in rows) == 4
    assert max(row[3] for row in rows) == 9
    assert all(row[2] <= row[3] for row in rows)


# -- comparing -----------------------------------------------------------------------------------------------------


def work(name, *numbers, given=False, file="a.py"):
    return comparing.Work(name=name, files={file: [[1, n, n, n] for n in numbers]}, given=given)


def test_what_many_share_counts_less_and_what_most_share_counts_nothing():
    assert comparing.weight(2, 200) == 1
    assert 0 < comparing.weight(30, 200) < 1
    assert comparing.weight(100, 200) == 0
    assert comparing.weight(3, 3) > 0.5  # three of three is no evidence that everybody does it so


def test_a_pair_is_flagged_for_what_only_the_two_share():
    crowd = [work(f"c{i}", *range(100, 150)) for i in range(20)]
    same = [work("a", *range(30), *range(100, 150)), work("b", *range(30), *range(100, 150))]
    (pair,) = comparing.compare([*crowd, *same])
    assert (pair.names, pair.files[0].files) == (("a", "b"), ("a.py", "a.py"))
    assert pair.weight == pytest.approx(30)
    assert pair.share == pytest.approx(1)


def test_a_short_answer_that_is_the_only_one_flags_nobody():
    assert comparing.compare([work(f"c{i}", 1, 2, 3, 4, 5) for i in range(2)]) == []


def test_a_small_part_of_two_files_is_no_flag():
    def made(name, start):
        files = {"a.py": [[1, n, n, n] for n in range(25)] + [[2, n, n, n] for n in range(start, start + 100)]}
        return comparing.Work(name=name, files=files)

    assert comparing.compare([made("a", 1000), made("b", 2000)]) == []
    assert comparing.compare([made("a", 1000), made("b", 2000)], share=0.1) != []


def test_a_reference_is_compared_with_submissions_only_and_makes_nothing_rarer():
    ours, theirs = work("reference", *range(40), given=True), work("zoe", *range(40))
    (pair,) = comparing.compare([ours, theirs, work("reference 2", *range(40), given=True)][:2])
    assert pair.names == ("zoe", "reference")
    assert comparing.compare([ours, work("reference 2", *range(40), given=True)]) == []


def test_regions_are_runs_of_lines_that_belong_together():
    first = [[1, n, n, n] for n in range(10, 20)] + [[1, 77, 30, 31]]
    second = [[1, n, n + 100, n + 100] for n in range(10, 20)] + [[1, 78, 5, 5], [1, 77, 200, 202]]
    assert comparing.regions(first, second)[0] == [(10, 19, 110, 119), (30, 31, 200, 202)]


def counted(works, monkeypatch):
    """How many pairs of functions are looked at for one another."""
    seen = []
    inner = comparing._partners
    monkeypatch.setattr(comparing, "_partners", lambda b, t, common: seen.append(len(common)) or inner(b, t, common))
    return comparing.compare(works), sum(seen)


def functions(name, shared, count, own=1_000_000):
    """A work of functions that all have the same fingerprints, and one more each."""
    rows = [[n, one, n, n] for n in range(count) for one in (*shared, own + n)]
    return comparing.Work(name=name, files={"a.py": rows})


def test_a_submission_is_never_compared_with_itself(monkeypatch):
    """8,000 functions of one line in 240 KB took more than 2 GB."""
    assert counted([functions("mallory", range(10), 500), work("ada", 7, 8)], monkeypatch)[1] <= 50


def test_references_are_never_compared_with_one_another(monkeypatch):
    ours = [work(f"reference {i}", *range(40), given=True) for i in (1, 2)]
    assert counted([*ours, work("zoe", *range(100, 140))], monkeypatch) == ([], 0)


def test_what_two_repeat_without_end_is_found_in_a_bounded_number_of_pairs(monkeypatch):
    two = [functions("a", range(30), 700), functions("b", range(30), 700, own=2_000_000)]
    pairs, count = counted(two, monkeypatch)
    assert count == comparing.MOST_ALIKE**2
    assert comparing.compare(two, share=0.0)[0].names == ("a", "b")
    assert pairs == []  # what they repeat is not the larger part of what they have


def test_functions_that_are_the_same_in_a_file_are_looked_at_once(monkeypatch):
    same = comparing.Work(name="a", files={"a.py": [[n, one, n, n] for n in range(400) for one in range(30)]})
    assert counted([same, work("b", *range(30))], monkeypatch)[1] == 1
    assert same.too_many() == 0


def test_the_largest_functions_are_compared_and_how_many_are_not_is_known():
    count = comparing.MOST_BLOCKS + 7
    rows = [[n, 10 * n + i, n, n] for n in range(count) for i in range(3)] + [[count, -i, 9, 9] for i in range(1, 40)]
    many = comparing.Work(name="many", files={"a.py": rows})
    assert many.too_many() == 8
    (pair,) = comparing.compare([many, work("b", *range(-39, 0))])
    assert pair.weight == pytest.approx(39)


def test_regions_of_what_repeats_itself_take_a_bounded_number_of_steps():
    """A list of 4,000 zeros took 70 s."""
    rows = [[0, 1, 1, 1]] * 4_000
    assert comparing.regions(rows, rows) == ([], comparing.STEPS - 8_000)
    often = [[0, n % 200, n, n] for n in range(200 * comparing.MOST_ALIKE)]
    assert comparing.regions(often, often)[1] == 0
    assert comparing.regions(often, often, 100) == ([], 0)


def test_what_repeats_itself_hides_no_region_beside_it():
    zeros = [[0, -1, 5, 5]] * 100
    first = zeros + [[1, n, n, n] for n in range(10, 20)]
    assert comparing.regions(first, first)[0] == [(10, 19, 10, 19)]


@pytest.fixture(scope="module")
def measured():
    return bench.measure(["nothing", "names", "all of these"])  # the command measures every change


def test_no_independent_solutions_are_flagged(measured):
    """The thresholds keep a distance: see benchmarks/results/similarity.json."""
    rows = measured["independent"]
    assert [row["flagged"] for row in rows] == [0, 0]
    assert sum(row["pairs"] for row in rows) > 700
    assert max(rows[0]["their largest shares where the weight is enough"]) <= comparing.SHARE / 2


def test_copies_in_disguise_are_found(measured):
    """All but one of a few lines, which is below what can be told."""
    for row in measured["copies"]:
        assert row["found"] >= row["copies of a competency"] - 1, row["changed"]
        assert row["least shares"][1] > comparing.SHARE, row["changed"]


# -- pages and judgement -------------------------------------------------------------------------------------------

HOSTILE = "</pre><script>alert(1)</script>\x1b[31m\u202e"


@pytest.fixture
def cohort():
    texts = dict(bench.authors())
    copy = {file: bench.renamed(text, None) for file, text in texts["strong"].items()}
    copy["linear_algebra.py"] += f"# {HOSTILE}\n"
    people = {"ada": texts["strong"], "bob": copy, "eve": texts["middle"], "zoe": texts["author 1"]}
    return {name: sources.Sources(texts=files) for name, files in people.items()}


def compared(cohort, out, private=None, titles=None):
    from ptassess.registry import catalogue

    out.mkdir(exist_ok=True)
    return plugin.report(cohort, list(catalogue().challenges.values()), private or {}, out, titles)


def test_the_pages_show_the_pair_side_by_side_as_text(cohort, tmp_path):
    assert compared(cohort, tmp_path, titles={"ada": "Ada <b>"}) == "1 pair to look at."
    overview, page = (tmp_path / "similarity.html").read_text(), (tmp_path / "similarity-001.html").read_text()
    assert "./similarity-001.html" in overview
    assert "Ada &lt;b&gt;" in overview
    assert 'class="sides"' in page
    assert "torch.linalg.cholesky" in page
    for html in (overview, page):
        assert html.count("<script>") == 1
        assert "\x1b" not in html
        assert "\u202e" not in html
    (flag,) = json.loads((tmp_path / "similarity.json").read_text())
    assert flag["names"] == ["ada", "bob"]
    assert all(len(region) == 4 for one in flag["files"] for region in one["regions"])


def test_a_copy_of_the_reference_is_a_flag(cohort, tmp_path):
    private = {path.parents[1].name: path.parent for path in ROOT.glob("challenges/*/private/reference.py")}
    theirs = {file: bench.renamed(text, None) for file, text in bench.authors()["reference"].items()}
    compared({"eve": cohort["eve"], "mallory": sources.Sources(texts=theirs)}, tmp_path, private)
    page = (tmp_path / "similarity.html").read_text()
    assert "<bdi>mallory</bdi> and <bdi>our reference</bdi>" in page
    assert "<td>a submission and our reference</td>" in page
    assert "A submission and our reference" in (tmp_path / "similarity-001.html").read_text()
    (flag,) = json.loads((tmp_path / "similarity.json").read_text())
    assert flag["kinds"] == ["submission", "our reference"]


def test_a_submission_that_calls_itself_our_reference_is_told_from_it(cohort, tmp_path):
    compared({"ada": cohort["ada"], "reference": cohort["bob"]}, tmp_path, titles={"reference": "our reference"})
    page = (tmp_path / "similarity.html").read_text()
    assert "<td>two submissions</td>" in page
    assert "<td>a submission and our reference</td>" not in page
    assert json.loads((tmp_path / "similarity.json").read_text())[0]["kinds"] == ["submission", "submission"]


def test_a_folder_where_a_page_should_be_is_said_in_one_line(cohort, tmp_path):
    (tmp_path / "similarity-001.html").mkdir()
    with pytest.raises(UserError, match=r"similarity-001\.html: cannot write the page") as told:
        compared(cohort, tmp_path)
    assert "\n" not in str(told.value)


def test_rows_beyond_the_caps_are_left_out_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(plugin, "MOST_ROWS", 50)
    monkeypatch.setattr(plugin, "MOST_ROWS_ALL", 70)
    zeros = sources.Sources(texts=dict.fromkeys(("a.py", "b.py", "c.py"), "x = [" + "0," * 200 + "]\n"))
    seen = []
    monkeypatch.setattr(plugin, "_cut", lambda made, cut=plugin._cut: seen.append((made, cut(made))) or seen[-1][1])
    compared({"mallory": zeros}, tmp_path)
    made, (kept, told) = seen[0]
    assert [len(rows) for rows in made.values()] == [51, 51, 51]
    assert [len(rows) for rows in kept.values()] == [50, 20, 0]
    page = (tmp_path / "similarity.html").read_text()
    for file, most in (("a.py", 50), ("b.py", 20), ("c.py", 0)):
        assert told[file] == f"what comes after its first {most} fingerprints"
        assert f"<code>{file}</code>: {told[file]}" in page


def test_functions_beyond_the_cap_are_said(tmp_path):
    sums = ["a".join(("a", *signs, "1")) for signs in itertools.product("+-*/@%", repeat=5)][::3]
    text = "".join(f"def f(a):\n    x = {one}\n    return a.b(x)[a.c, {one}]\n" for one in sums)
    compared({"mallory": sources.Sources(texts={"a.py": text})}, tmp_path)
    page = (tmp_path / "similarity.html").read_text()
    assert re.search(r"<bdi>mallory</bdi>, <code>solutions/</code>: \d+ functions, the smallest, beyond 2,000", page)


def test_regions_that_are_not_shown_are_said(cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(plugin, "MOST_ROWS", 150)
    compared(cohort, tmp_path)
    assert "Not every region is shown" in (tmp_path / "similarity-001.html").read_text()
    assert json.loads((tmp_path / "similarity.json").read_text())[0]["cut"]
    monkeypatch.undo()
    compared(cohort, tmp_path)
    assert "Not every region is shown" not in (tmp_path / "similarity-001.html").read_text()
    assert not json.loads((tmp_path / "similarity.json").read_text())[0]["cut"]


def test_a_starter_that_two_hand_in_unchanged_is_no_flag(tmp_path):
    text = (ROOT / "challenges" / "linear_regression" / "baseline.py").read_text() * 3
    starter = (ROOT / "challenges" / "linear_regression" / "starter.py").read_text()
    same = sources.Sources(texts={"linear_regression.py": starter + text})
    assert compared({"ada": same, "bob": same}, tmp_path) == "no pair to look at."


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    deep = sources.Sources(texts={"a.py": "x = " + "(" * 9000}, left_out={"b.py": "not UTF-8"})
    compared({"ada": deep}, tmp_path)
    page = (tmp_path / "similarity.html").read_text()
    assert "not UTF-8" in page
    assert "Not compared" in page
    assert "<code>a.py</code>" in page


def test_a_dismissed_flag_is_greyed_with_its_reason_and_stays_so(cohort, tmp_path):
    compared(cohort, tmp_path)
    dismissals.add(tmp_path, ("bob", "ada"), 'They were\n"asked" to work together', "Kim")
    compared(cohort, tmp_path)
    for name in ("similarity.html", "similarity-001.html"):
        page = (tmp_path / name).read_text()
        assert "They were\n&#34;asked&#34; to work together" in page
        assert "Kim" in page
        assert 'class="dismissed"' in page
    dismissals.add(tmp_path, ("ada", "bob"), "Another reason", "")
    assert dismissals.read(tmp_path)[frozenset({"ada", "bob"})]["reason"] == "Another reason"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[dismissed]\n", "not TOML"),
        ('[[dismissed]]\npair = ["a"]\nreason = "x"\n', "a pair of two names"),
        ('[[dismissed]]\npair = ["a", "b"]\nreason = " "\n', "a reason"),
        ('dismissed = "x"\n', "a pair of two names"),
    ],
)
def test_a_file_of_judgements_that_cannot_be_used_is_said_in_one_line(tmp_path, text, what):
    (tmp_path / "dismissed.toml").write_text(text)
    with pytest.raises(UserError, match=what) as told:
        dismissals.read(tmp_path)
    assert "\n" not in str(told.value)


def test_only_a_flag_can_be_dismissed_and_only_with_a_reason(tmp_path):
    with pytest.raises(UserError, match="nothing was compared there yet"):
        dismissals.add(tmp_path, ("a", "b"), "why", "")
    (tmp_path / "similarity.json").write_text('[{"names": ["a", "c"]}]')
    with pytest.raises(UserError, match="no such flag; there are: a c"):
        dismissals.add(tmp_path, ("a", "b"), "why", "")
    with pytest.raises(UserError, match="needs --reason"):
        dismissals.add(tmp_path, ("a", "c"), " ", "")


def test_the_hook_takes_what_grading_has_kept(cohort, tmp_path):
    results = [SimpleNamespace(name="nobody", folder=None, sources=None)]
    for name, one in cohort.items():
        (tmp_path / name).mkdir()
        sources.write(one, tmp_path / name / "sources.json")
        results.append(SimpleNamespace(name=name, folder=tmp_path / name, sources=tmp_path / name / "sources.json"))
    page = plugin.ptassess_cohort_finished(results, [], {}, tmp_path)
    assert (page.href, page.summary) == ("similarity.html", "1 pair to look at.")


def test_a_submission_does_not_make_its_inbox_a_folder_of_results(cohort, tmp_path):
    inbox, results = tmp_path / "in", tmp_path / "out"
    for name in ("ada", "mallory"):
        (inbox / name / "solutions").mkdir(parents=True)
        (results / name).mkdir(parents=True)
    for forged in (inbox / "mallory", results / "mallory"):
        sources.write(cohort["eve"], forged / "sources.json")
        (forged / "run.json").write_text("{}")
    assert not plugin._is_graded(inbox)
    assert not plugin._is_graded(results)
    for folder in (inbox, results):
        (folder / "index.html").write_text("")  # as `ptassess grade` does, and no submission can
    assert not plugin._is_graded(inbox)
    assert plugin._is_graded(results)
    (results / "zoe.zip").write_bytes(b"")
    assert not plugin._is_graded(results)


def test_the_command_compares_submissions_and_dismisses(cohort, tmp_path):
    for name in ("ada", "bob"):
        (tmp_path / "in" / name / "solutions").mkdir(parents=True)
        for file, text in cohort[name].texts.items():
            (tmp_path / "in" / name / "solutions" / file).write_text(text)

    def typed(*arguments):
        command = [sys.executable, "-c", "from ptassess.cli import main; main()", "similarity", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    first = typed(tmp_path / "in", "--out", tmp_path / "out")
    assert first.stdout.startswith("2 submissions: 1 pair to look at."), first.stderr
    told = ("--dismiss", "ada", "bob", "--reason", "a team of two", "--by", "Kim")
    assert typed(tmp_path / "in", "--out", tmp_path / "out", *told).returncode == 0
    assert "a team of two" in (tmp_path / "out" / "similarity.html").read_text()
    wrong = typed(tmp_path / "in", "--out", tmp_path / "out", "--dismiss", "ada", "eve", "--reason", "x")
    assert (wrong.returncode, wrong.stderr) == (4, "ptassess: --dismiss ada eve: no such flag; there are: ada bob\n")
