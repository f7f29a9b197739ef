"""How often independent solutions are flagged as similar, and how often copies in disguise are found.

    python benchmarks/similarity.py [--json FILE] [--submissions N] [--files N]

Independent: the references, the honest alternatives of every task (one of each makes an author) and the two example
candidates, who wrote from the kits; of single tasks the alternatives and the odd solutions of `tests/honest`.
Related: the mutants of a task, which all come from one reference and differ from it in a line or two. Copies: each
author's files after the changes that a copier makes. At last, how long a drawn cohort takes.
"""

import argparse
import ast
import itertools
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from ptassess import parsing
from ptassess.loading import load_file

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "plugins" / "similarity"
comparing = load_file(PLUGIN / "comparing.py")


# -- independent solutions -----------------------------------------------------------------------------------------


def authors():
    """Files by author; no two have written a line together."""
    found = {}
    for home in sorted(path.parent for path in (ROOT / "challenges").glob("*/challenge.py")):
        file = f"{home.name}.py"
        found.setdefault("reference", {})[file] = (home / "private" / "reference.py").read_text()
        tasks = {}
        for path in sorted((home / "private" / "alternatives").glob("*.py")):
            tasks.setdefault(path.name.partition("__")[0], []).append(path.read_text())
        for number, texts in enumerate(itertools.zip_longest(*tasks.values())):
            found.setdefault(f"author {number + 1}", {})[file] = "\n\n".join(text for text in texts if text)
    for name in ("strong", "middle"):
        files = sorted((ROOT / "examples" / name / "solutions").glob("*.py"))
        found[name] = {path.name: path.read_text() for path in files}
    return found


def single_tasks(folder="alternatives"):
    """Solutions of one task, by task: each is a submission of its own.

    Args:
        folder: of the private halves; ``alternatives`` or ``mutants``.
    """
    found = {}
    for path in sorted((ROOT / "challenges").glob(f"*/private/{folder}/*.py")):
        task, _, name = path.stem.partition("__")
        found.setdefault(f"{path.parents[2].name}.{task}", {})[name] = {"solution.py": path.read_text()}
    if folder == "alternatives":
        odd = sorted((ROOT / "tests" / "honest").glob("*.py"))
        found["a tiny task"] = {path.stem: {"solution.py": path.read_text()} for path in odd}
    return found


# -- what a copier does ---------------------------------------------------------------------------------------------


class _Renamed(ast.NodeTransformer):
    """Other names for everything that the file itself names, but for the functions that the task asks for."""

    def __init__(self, tree):
        kept = {one.name for one in tree.body if isinstance(one, (ast.FunctionDef, ast.ClassDef))}
        bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        self.names = {name: f"value_{i}" for i, name in enumerate(sorted(bound - kept))}

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node):
        return ast.arg(self.names.get(node.arg, node.arg), None)


def renamed(text, _draw):
    """Variables and parameters have other names, annotations are gone."""
    tree = ast.parse(text)
    return ast.unparse(ast.fix_missing_locations(_Renamed(tree).visit(tree)))


def reordered(text, draw):
    """Functions stand in another order."""
    tree = ast.parse(text)
    places = [i for i, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef)]
    functions = [tree.body[i] for i in places]
    draw.shuffle(functions)
    for i, function in zip(places, functions, strict=True):
        tree.body[i] = function
    return ast.unparse(tree)


def reformatted(text, draw):
    """Other line breaks, comments and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            node.body[0] = ast.Expr(ast.Constant("What this does is clear from its name."))
    lines = ast.unparse(tree).splitlines()
    comments = ("# first of all", "# as everybody knows", "# this took me an hour")
    return "\n".join(f"{line}  {draw.choice(comments)}" if line.endswith(")") else line for line in lines)


class _Loops(ast.NodeTransformer):
    """Comprehensions become loops, and loops that append become comprehensions."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        body = []
        for one in node.body:
            value = one.value if isinstance(one, ast.Assign) else None
            if isinstance(value, ast.ListComp) and len(value.generators) == 1 and isinstance(one.targets[0], ast.Name):
                name, loop = one.targets[0].id, value.generators[0]
                append = ast.parse(f"{name}.append(0)").body[0]
                append.value.args = [value.elt]
                inner = [append]
                for condition in loop.ifs:
                    inner = [ast.If(condition, inner, [])]
                body += [ast.parse(f"{name} = []").body[0], ast.For(loop.target, loop.iter, inner, [])]
                continue
            single = one.body[0] if isinstance(one, ast.For) and len(one.body) == 1 else None
            if isinstance(single, ast.Expr) and getattr(getattr(single.value, "func", None), "attr", "") == "append":
                made = ast.ListComp(single.value.args[0], [ast.comprehension(one.target, one.iter, [], 0)])
                extend = ast.parse("x.extend([])").body[0]
                extend.value.func.value, extend.value.args = single.value.func.value, [made]
                body.append(extend)
                continue
            body.append(one)
        node.body = body
        return node


def looped(text, _draw):
    """Comprehensions are loops, and the other way round."""
    return ast.unparse(ast.fix_missing_locations(_Loops().visit(ast.parse(text))))


def padded(text, draw):
    """Statements without effect stand between the others."""
    tree = ast.parse(text)
    dead = (
        "unused = 0",
        "for _ in range(0):\n    unused = 1",
        "if False:\n    unused = [1, 2]",
        "check = True\nassert check",
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = []
            for one in node.body:
                body += [*(ast.parse(draw.choice(dead)).body if draw.random() < 0.3 else ()), one]
            node.body = body
    return ast.unparse(tree)


def everything(text, draw):
    """All of these."""
    for change in (renamed, looped, padded, reordered, reformatted):
        text = change(text, draw)
    return text


CHANGES = {
    "nothing": lambda text, _draw: text, "names": renamed, "order of functions": reordered,
    "layout and comments": reformatted, "loops and comprehensions": looped, "dead code": padded,
    "all of these": everything,
}  # fmt: skip


# -- measuring -------------------------------------------------------------------------------------------------------


def given():
    """Every fingerprint of what every candidate was given."""
    homes = [path.parent for path in (ROOT / "challenges").glob("*/challenge.py")]
    texts = {str(path): path.read_text() for home in homes for path in sorted(home.glob("*.py"))}
    made, _ = parsing.each(texts, PLUGIN / "fingerprints.py", "fingerprints", options={"window": 1})
    return sorted({row[1] for rows in made.values() for row in rows})


def works(people, skip, window=None):
    """Submissions with their fingerprints.

    Args:
        people: texts by file, by author.
        skip: what was given.
        window: of the winnowing; None for the plugin's.
    """
    texts = {json.dumps([name, file]): text for name, files in people.items() for file, text in files.items()}
    options = {"skip": skip} | ({"window": window} if window else {})
    made, failed = parsing.each(texts, PLUGIN / "fingerprints.py", "fingerprints", seconds=300, options=options)
    assert not failed, failed
    found = {name: {} for name in people}
    for key, rows in made.items():
        name, file = json.loads(key)
        found[name][file] = rows
    return {name: comparing.Work(name=name, files=files) for name, files in found.items()}


def measure(changes=CHANGES, seed=0):
    """The tables.

    Args:
        changes: labels of those to make.
        seed: of the changes.
    """
    skip = given()
    people = authors()
    alone = works(people, skip)
    independent, copies = [], []
    # The reference counts as one more author here.
    pairs = comparing.compare(list(alone.values()), 0, 0)
    independent.append(_row("authors, all their competencies", len(people) * (len(people) - 1) // 2, pairs))
    related = []
    for table, label, folder in (
        (independent, "solutions of one task", "alternatives"),
        (related, "mutants of one task", "mutants"),
    ):
        count, pairs = 0, []
        for solutions in single_tasks(folder).values():
            count += len(solutions) * (len(solutions) - 1) // 2
            pairs += comparing.compare(list(works(solutions, skip).values()), 0, 0)
        table.append(_row(label, count, pairs))
    for label in changes:
        change = CHANGES[label]
        draw = random.Random(f"{seed} {label}")  # noqa: S311  no secret
        changed = {
            (name, file): {file: change(text, draw)} for name, files in people.items() for file, text in files.items()
        }
        found = works({json.dumps(key): files for key, files in changed.items()}, skip)
        best = []
        for name, file in changed:
            copy = comparing.Work(name="copy", files=found[json.dumps([name, file])].files)
            pairs = comparing.compare([*alone.values(), copy], 0, 0)
            alike = [one for pair in pairs if set(pair.names) == {"copy", name} for one in pair.files]
            best.append(
                max(alike, key=lambda one: one.weight, default=comparing.Alike(files=(), weight=0.0, share=0.0))
            )
        copies.append(
            {
                "changed": label,
                "copies of a competency": len(best),
                "found": sum(map(_is_flagged, best)),
                "least weights": sorted(round(one.weight, 1) for one in best)[:4],
                "least shares": sorted(round(one.share, 2) for one in best)[:4],
            }
        )
    return {"independent": independent, "related": related, "copies": copies}


def _is_flagged(alike):
    return alike.weight >= comparing.LEAST and alike.share >= comparing.SHARE


def _row(label, count, pairs):
    alike = [one for pair in pairs for one in pair.files]
    heavy = [one for one in alike if one.weight >= comparing.LEAST]
    return {
        "pairs of": label,
        "pairs": count,
        "flagged": sum(any(map(_is_flagged, pair.files)) for pair in pairs),
        "largest weights of a file": sorted(round(one.weight, 1) for one in alike)[-4:],
        "their largest shares where the weight is enough": sorted(round(one.share, 2) for one in heavy)[-4:],
    }


class _Another(ast.NodeTransformer):
    """Other operations in every place: code as long as before, of nobody else."""

    def __init__(self, draw):
        self.draw = draw

    def visit_Attribute(self, node):
        self.generic_visit(node)
        return ast.Attribute(node.value, f"m{self.draw.randrange(300)}", node.ctx)

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return ast.BinOp(node.left, self.draw.choice((ast.Add, ast.Sub, ast.Mult, ast.MatMult))(), node.right)


def seconds_for(submissions, files, out):
    """What comparing a drawn cohort takes, in which every tenth submission is a copy of another.

    Returns:
        Wall time, time of all processes on a core, lines of code, and what is found.

    Args:
        submissions: how many.
        files: of each; a hundred lines or so a file, half of whose functions many others have as well.
        out: folder for it.
    """
    from ptassess import sources
    from ptassess.registry import catalogue

    draw = random.Random(0)  # noqa: S311  no secret
    pool = [path.read_text() for path in sorted((ROOT / "challenges").glob("*/private/*/*.py"))]
    cohort = {}
    for number in range(submissions):
        texts = {}
        for file in range(files):
            own = [ast.unparse(_Another(draw).visit(ast.parse(text))) for text in draw.sample(pool, 4)]
            texts[f"f{file}.py"] = "\n\n".join([*own, *draw.sample(pool, 4)])
        if number % 10 == 9:
            texts = {file: everything(text, draw) for file, text in cohort[f"s{number - 1}"].texts.items()}
        cohort[f"s{number}"] = sources.Sources(texts=texts)
    lines = sum(text.count("\n") for one in cohort.values() for text in one.texts.values())
    found, start, before = catalogue(), time.monotonic(), os.times()
    plugin = load_file(PLUGIN / "plugin.py")
    told = plugin.report(cohort, list(found.challenges.values()), found.private, out)
    busy = sum(after - earlier for after, earlier in zip(os.times()[:4], before[:4], strict=True))
    return time.monotonic() - start, busy, lines, told


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--files", type=int, default=20)
    asked = parser.parse_args()
    start = time.monotonic()
    found = measure()
    print(f"flagged: files that share a weight of {comparing.LEAST:g} and {comparing.SHARE:.0%} of the smaller one")
    for name in ("independent", "related", "copies"):
        rows = found[name]
        print()
        print(" | ".join(rows[0]))
        for row in rows:
            print(" | ".join(map(str, row.values())))
    print(f"\n{time.monotonic() - start:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        took, busy, lines, told = seconds_for(asked.submissions, asked.files, Path(folder))
    facts = {"submissions": asked.submissions, "files": asked.files, "lines": lines}
    found["time"] = facts | {"seconds": round(took, 1), "core seconds": round(busy, 1)}
    print(f"{facts}: {took:.1f} s, {busy:.1f} s on one core; {told}")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
