"""The rules of technique: each finds what it is about, and leaves its near misses alone."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ptassess import parsing
from ptassess.loading import load_file
from ptassess.registry import catalogue

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "plugins" / "technique"
RULES = PLUGIN / "rules.py"
HEAD = """import torch, torch as t, pickle
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor, nn as layers
from torch.utils.checkpoint import checkpoint
"""

# Cells of a file for each rule; what it must find stands on lines that end so, and a cell without one is a near miss.
HERE = "# here"
CELLS = {
    (path.stem, number): HEAD + cell.lstrip("\n")
    for path in sorted((ROOT / "tests" / "technique").glob("*.py"))
    for number, cell in enumerate(path.read_text().split("# %%\n"), 1)
}


@pytest.fixture(scope="module")
def findings():
    """What is found in every cell: ``[(code, line)]``."""
    made, failed = parsing.each({f"{code} {number}": text for (code, number), text in CELLS.items()}, RULES, "look")
    assert failed == {}
    return {name: [(code, line) for code, line, *_ in rows] for name, rows in made.items()}


@pytest.mark.parametrize(("code", "number"), CELLS)
def test_a_rule_finds_what_it_is_about_and_nothing_else_is_said(findings, code, number):
    here = [i for i, line in enumerate(CELLS[code, number].splitlines(), 1) if line.endswith(HERE)]
    assert findings[f"{code} {number}"] == [(code, line) for line in here]


def test_every_rule_has_examples_of_both_kinds_and_says_what_to_do():
    guide = load_file(PLUGIN / "guide.py")
    codes = set(re.findall(r'^@_rule\("(PT\d+)"\)', RULES.read_text(), re.MULTILINE))
    assert codes == guide.RULES.keys() - {"PT001"}
    for code in codes:
        title, why, remedy, source = guide.RULES[code]
        assert {HERE in text for (other, _), text in CELLS.items() if other == code} == {True, False}
        assert 0 < len(title) < 90
        assert why
        if code == "PT501":  # there they depend on the name
            continue
        assert remedy
        assert source.startswith("https://docs.py")
    assert guide.page_of("torch.svd") == "https://docs.pytorch.org/docs/stable/generated/torch.linalg.svd.html"
    assert guide.page_of("torch.cuda.amp.autocast") == "https://docs.pytorch.org/docs/stable/amp.html"
    for name in guide.DEPRECATED:
        assert re.fullmatch(r"https://docs\.pytorch\.org/docs/stable/[\w./]+\.html", guide.page_of(name))


@pytest.mark.parametrize("name", sorted(load_file(PLUGIN / "guide.py").DEPRECATED))
def test_what_is_called_deprecated_is_said_to_be_so_by_torch(name):
    """Its documentation, its warning or its error says so, or it is gone."""
    thing, text = torch, ""
    for part in name.split(".")[0 if name.startswith("functorch") else 1 :]:
        thing = __import__("functorch") if part == "functorch" else getattr(thing, part, None)
    if thing is None:
        return
    for source in (inspect.getdoc, inspect.getsource):
        try:
            text += source(thing) or ""
        except (TypeError, OSError):
            continue
    if name == "torch.autograd.Variable":  # a subclass hook of C: https://docs.pytorch.org/docs/stable/autograd.html
        assert isinstance(torch.ones(1), torch.autograd.Variable)
    elif name.startswith("functorch"):
        assert re.search(r"deprecat|torch\.func", inspect.getsource(inspect.getmodule(thing)))
    else:
        assert re.search(r"deprecat|removed", text)


def test_references_and_honest_solutions_are_told_only_what_is_right():
    """Each of these was read: it is so, and worth saying."""
    homes = sorted((ROOT / "challenges").glob("*/"))
    files = [path for home in homes for path in [*home.glob("*.py"), *(home / "private").rglob("*.py")]]
    files += [*(ROOT / "tests" / "honest").glob("*.py"), *(ROOT / "examples").glob("*/solutions/*.py")]
    made, failed = parsing.each({path.relative_to(ROOT).as_posix(): path.read_text() for path in files}, RULES, "look")
    assert failed == {}
    assert {(file, code) for file, rows in made.items() for code, *_ in rows} == {
        ("challenges/linear_algebra/baseline.py", "PT103"),  # slow on purpose: two loops over the points
        ("challenges/linear_algebra/private/mutants/pairwise_distances__is_the_baseline.py", "PT103"),
        ("challenges/linear_algebra/private/mutants/solve_spd__inverse.py", "PT105"),
        ("examples/middle/solutions/linear_algebra.py", "PT105"),
        ("examples/middle/solutions/linear_algebra.py", "PT501"),  # torch.svd
        ("tests/honest/scripted.py", "PT501"),  # torch.jit.trace
    }


def test_many_findings_of_one_rule_in_one_file_become_five():
    made, _ = parsing.each({"a": "import torch\n" + "torch.svd(x)\n" * 9}, RULES, "look")
    assert [row[1] for row in made["a"]] == [2, 3, 4, 5, 6]


def test_code_without_torch_is_none_of_its_business():
    assert parsing.each({"a": "try:\n    f()\nexcept:\n    pass\n"}, RULES, "look")[0] == {"a": []}


def test_what_cannot_be_read_is_one_line_each(tmp_path):
    solutions = tmp_path / "solutions"
    solutions.mkdir()
    (solutions / "latin.py").write_bytes("é = 1".encode("latin-1"))
    (solutions / "wrong.py").write_text("def f(:\n")
    (solutions / "nul.py").write_bytes(b"x = 1\x00")
    (solutions / "deep.py").write_text("x = " + "(" * 5000 + ")" * 5000)
    (solutions / "chain.py").write_text("x = " + "-" * 60_000 + "1")
    (solutions / "dots.py").write_text("x = a" + ".b" * 100_000)
    (solutions / "large.py").write_text("x = 1\n" * 60_000)
    (solutions / "good.py").write_text("import torch\ntorch.svd(x)\n")
    plugin = load_file(PLUGIN / "plugin.py")
    found = list(plugin.ptassess_findings(tmp_path, [SimpleNamespace(slug="good")]))
    by_file = {finding.file: finding for finding in found}
    assert len(found) == len(by_file) == 8
    assert {finding.code for file, finding in by_file.items() if file != "good.py"} == {"PT001"}
    assert by_file["latin.py"].title == "Not looked at: not UTF-8"
    assert by_file["large.py"].title == "Not looked at: larger than 256 KiB"
    assert "does not parse: line 1" in by_file["wrong.py"].title
    assert (by_file["good.py"].code, by_file["good.py"].line, by_file["good.py"].challenge) == ("PT501", 2, "good")
    assert by_file["good.py"].remedy.startswith("Use torch.linalg.svd")


def test_the_plugin_is_installed():
    assert any(path.endswith("technique/plugin.py") for path, _ in catalogue().plugins.list_name_plugin())
