"""How the house is built: who may import whom, what costs nothing to load, and that everything public is explained."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ptassess
from ptassess import hookspecs

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ptassess"
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages(ptassess.__path__, "ptassess."))

# Highest floor first; a module imports only from its own floor and from below, also inside functions.
FLOORS = (
    ("cli",),
    ("commands", "commands.candidate", "commands.team", "commands.author", "commands.race"),
    ("commands.keys",),
    ("commands.shared",),
    ("admission", "doctor", "new", "calibration", "wallcheck.suite"),
    ("wallcheck", "wallcheck.judged", "wallcheck.controls"),
    ("wallcheck.naive", "wallcheck.watch"),
    ("wallcheck.canaries", "wallcheck.attack", "wallcheck.shown"),
    ("wallcheck.traces", "wallcheck.bystander"),
    ("wallcheck.kernel",),
    ("trials",),
    ("grading", "inspection", "practice", "verifying"),
    ("judging",),
    ("finishing",),
    ("resume", "running", "workplace"),
    ("recorder", "render", "summary"),
    ("cohort", "heatmap", "narrative", "frames", "wording"),
    ("assessment", "fixtures", "races", "racing", "footprints", "trainings"),
    ("check", "repeating", "rows"),
    ("failures", "matrix", "options", "outcomes", "pytest_plugin", "kit", "quiz"),
    ("archive", "findings", "stamping"),
    ("entries", "sources"),
    ("registry", "exam", "store", "submission", "unpacking"),
    ("intake",),
    ("brief", "content", "loading", "hookspecs", "parsing"),
    ("measure", "measure.control", "measure.speed", "measure.training", "measure.footprint"),
    ("measure.revisions",),
    ("measure.trusted", "measure.revision_process", "measure.revision_worker"),
    ("measure.race", "measure.control_task"),
    ("measure.times",),
    ("measure.cores", "measure.gpu", "measure.lock", "measure.pace", "measure.peaks", "measure.stats"),
    ("measure.blocks", "measure.checkouts"),
    ("sandbox", "sandbox.wall", "sandbox.supervision", "sandbox.launching", "sandbox.zygote", "sandbox.worker"),
    ("sandbox.fetching",),
    ("sandbox.contestant", "sandbox.weighing"),
    ("sandbox.solution", "sandbox.executor", "sandbox.levels"),
    ("sandbox.namespaces",),
    ("sandbox.laps",),
    ("sandbox.handover", "sandbox.reading"),
    ("sandbox.devices",),
    ("sandbox.channel",),
    ("sandbox.wire", "sandbox.processes", "sandbox.cleaning", "sandbox.door"),
    ("sandbox.artefact", "sandbox.confinement", "sandbox.identity"),
    ("sandbox.folders",),
    ("sandbox.landlock", "sandbox.seccomp", "sandbox.survey"),
    ("signing",),
    ("scoring", "checking", "probing", "meters", "machine", "bands", "comparing"),
    ("challenge", "keys", "margins", "result", "accelerators"),
    ("errors", "filenames", "_version"),
)
# The few ways up, each with its reason.
ALLOWED = {
    ("pytest_plugin", "assessment"),  # the plugin's switch: nothing is imported until a challenge is collected
    ("assessment", "recorder"),  # the same switch, one floor on
    ("recorder", "pytest_plugin"),
    ("loading", "registry"),  # the public half of private checks may lie in another wheel
    ("hookspecs", "resume"),  # for types only
    ("sandbox.levels", "sandbox.wall"),  # a level is a description; its wall is made when it is opened
    ("sandbox.levels", "sandbox.launching"),  # as above
    ("sandbox.solution", "sandbox.wall"),  # for types only
    ("sandbox.contestant", "sandbox.wall"),  # for types only
    ("sandbox.weighing", "sandbox.wall"),  # for types only
}


def imports_of(path):
    """Modules of ours that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ptassess":
            base = node.module.partition(".")[2]
            for alias in node.names:
                inner = f"{base}.{alias.name}".strip(".")
                yield inner if f"ptassess.{inner}" in MODULES else base
        elif isinstance(node, ast.Import):
            yield from (a.name.partition(".")[2] for a in node.names if a.name.split(".")[0] == "ptassess")


def floor_of(module):
    return next(level for level, names in enumerate(FLOORS) if module in names)


def test_every_module_has_its_floor():
    known = {name for floor in FLOORS for name in floor}
    assert {name.removeprefix("ptassess.") for name in MODULES} == known


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down_only(name):
    module = name.removeprefix("ptassess.")
    path = PACKAGE / (module.replace(".", "/") + ".py")
    path = path if path.is_file() else PACKAGE / module.replace(".", "/") / "__init__.py"
    for imported in set(imports_of(path)) - {""}:
        assert (module, imported) in ALLOWED or floor_of(module) <= floor_of(imported), f"{module} → {imported}"


def test_the_core_knows_no_challenge_by_name():
    names = [path.parent.name for path in (ROOT / "challenges").glob("*/challenge.py")]
    assert names
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        told = [name for name in names if re.search(rf"""["'/]{name}["'/.]""", text)]
        assert told == [], path.name


def test_a_module_is_seldom_long():
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert max(lengths.values()) <= 500
    assert sum(length > 300 for length in lengths.values()) <= len(lengths) / 6


@pytest.mark.parametrize("module", ["ptassess", "ptassess.pytest_plugin", "ptassess.cli", "ptassess.registry"])
def test_starting_imports_neither_torch_nor_jinja2_nor_pandas(module):
    code = f"import sys, {module}; print(sorted({{'torch', 'jinja2', 'pandas', 'numpy'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_registering_challenges_imports_no_torch():
    code = "import sys, ptassess.registry as r; r.catalogue(); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", [m for m in MODULES if not m.rpartition(".")[2].startswith("_")])
def test_everything_public_is_explained(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for attribute, value in vars(module).items():
        if attribute.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), f"{name}.{attribute}"


HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("ptassess_"))


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_explained_in_one_order_with_an_example_that_can_be_parsed(name):
    doc = inspect.getdoc(getattr(hookspecs, name))
    assert "\nWhen: " in doc
    order = [doc.index(part) for part in ("\nWhen: ", "Args:", "Returns:", "Example::") if part in doc]
    assert order == sorted(order)
    example = inspect.cleandoc(doc.partition("Example::")[2])
    assert f"def {name}(" in example
    ast.parse(example)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_called_somewhere(name):
    text = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name != "hookspecs.py")
    assert f'"{name}"' in text


def test_the_public_names_are_those_that_are_announced():
    assert sorted(ptassess.__all__, key=str.lower) == ["__version__", "Challenge", "hookimpl", "judge_call", "Task"]
    for name in ptassess.__all__:
        assert getattr(ptassess, name) is not None
