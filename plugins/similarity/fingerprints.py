"""Fingerprints of a Python file by winnowing over its syntax tree, with what is easily changed taken out.

S. Schleimer, D. S. Wilkerson, A. Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003,
https://doi.org/10.1145/872757.872770. Runs in a process of its own and knows the standard library only.
"""

import ast
import builtins
import hashlib
from functools import lru_cache

K = 12  # tokens in a fingerprint: shorter ones are found by chance, longer ones are lost with every small change
WINDOW = 4  # a common run of K + WINDOW - 1 tokens is certain to be found

_MODULUS = 2**61 - 1  # a prime
_BASE = 1_000_003  # a prime above the number of different tokens

_SKIPPED = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal, ast.expr_context)
_SAME = {  # constructions that are easily turned into one another
    ast.AnnAssign: "Assign", ast.AugAssign: "Assign", ast.NamedExpr: "Assign", ast.IfExp: "If", ast.AsyncFor: "For",
    ast.AsyncFunctionDef: "FunctionDef", ast.Lambda: "FunctionDef", ast.Tuple: "List", ast.ListComp: "For",
    ast.SetComp: "For", ast.GeneratorExp: "For", ast.DictComp: "For",
}  # fmt: skip


def fingerprints(text, skip=(), window=WINDOW, most=None):
    """The fingerprints of a file.

    Args:
        text: of the file.
        skip: fingerprints that everybody was given; they are never chosen.
        window: 1 gives every one.
        most: rows that are wanted; one more says that there are more.

    Returns:
        A row for each: block (from 0: the module's own statements, then each function and method), fingerprint, first
        line, last line.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as Python's parser.
    """
    skip = frozenset(skip)
    rows = []
    for block, tokens in enumerate(_Reader(ast.parse(text)).blocks):
        hashed = _hashes([token for token, _ in tokens])
        for at in _winnow([None if one in skip else one for one in hashed], window):
            lines = [line for _, line in tokens[at : at + K]]
            rows.append([block, hashed[at], min(lines), max(lines)])
            if most is not None and len(rows) > most:
                return rows
    return rows


def _hashes(tokens):
    """One of each run of K tokens, rolling: R. M. Karp, M. O. Rabin, https://doi.org/10.1147/rd.312.0249."""
    numbers = [_number(token) for token in tokens]
    highest = pow(_BASE, K - 1, _MODULUS)
    found, rolled = [], 0
    for place, number in enumerate(numbers):
        if place >= K:
            rolled -= numbers[place - K] * highest
        rolled = (rolled * _BASE + number) % _MODULUS
        if place >= K - 1:
            found.append(rolled)
    return found


@lru_cache(maxsize=100_000)
def _number(token):
    """The same in every process, as hash() is not."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=6).digest(), "big")


def _winnow(hashed, window):
    """Positions of the least of each window, the last of equals; None is never the least."""
    chosen = []
    for start in range(max(1, len(hashed) - window + 1)):
        least = at = None
        for place in range(start, min(start + window, len(hashed))):
            one = hashed[place]
            if one is not None and (least is None or one <= least):
                least, at = one, place
        if at is not None and (not chosen or chosen[-1] != at):
            chosen.append(at)
    return chosen


class _Reader:
    """Turns a tree into sequences of tokens and their lines, one for each block."""

    def __init__(self, tree):
        self.modules = {}
        self.own = set()
        self.parameters = set()
        for node in ast.walk(tree):
            self._note(node)
        self.blocks = [[]]
        self._tokens = self.blocks[0]
        self._line = 1
        self._body(tree.body)

    def _note(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.modules[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.modules[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.own.add(node.name)
        elif isinstance(node, ast.arg):
            self.parameters.add(node.arg)
        elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Store):
            self.own.add(node.attr if isinstance(node, ast.Attribute) else node.id)

    def _put(self, token):
        self._tokens.append((token, self._line))

    def _body(self, body):
        for place, node in enumerate(body):
            text = place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not (text and isinstance(node.value.value, str)):
                self._visit(node)

    def _visit(self, node):  # noqa: C901, PLR0912, PLR0915  one branch for each kind of node
        if isinstance(node, _SKIPPED):
            return
        self._line = getattr(node, "lineno", self._line)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            outer = self._tokens
            self._tokens = []
            self.blocks.append(self._tokens)
            self._put("FunctionDef")
            self._all([*node.decorator_list, *_arguments(node.args)])
            self._body(node.body)
            self._tokens = outer
        elif isinstance(node, ast.ClassDef):
            self._put("ClassDef")
            self._all([*node.decorator_list, *node.bases])
            self._body(node.body)
        elif isinstance(node, ast.Lambda):
            self._put("FunctionDef")
            self._all([*_arguments(node.args), node.body])
        elif isinstance(node, ast.Expr):
            appended = _appended(node.value)
            self._visit(appended if appended is not None else node.value)
        elif isinstance(node, ast.AugAssign):
            self._put("Assign")
            self._all([node.target])
            self._put(type(node.op).__name__)
            self._all([node.target, node.value])
        elif isinstance(node, ast.AnnAssign):
            self._put("Assign")
            self._all([node.target, *([node.value] if node.value else [])])
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            self._loops(node.generators, [node.elt])
        elif isinstance(node, ast.DictComp):
            self._loops(node.generators, [node.key, node.value])
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._put("For")
            self._all([node.target, node.iter, *node.body, *node.orelse])
        elif isinstance(node, (ast.Name, ast.Attribute)):
            self._name(node)
        elif isinstance(node, ast.Constant):
            self._put(repr(node.value) if node.value in (None, True, False, ...) else type(node.value).__name__)
        elif isinstance(node, ast.keyword):
            self._put("keyword" if node.arg in self.parameters else f"{node.arg}=")
            self._visit(node.value)
        elif isinstance(node, ast.BinOp):
            self._put(type(node.op).__name__)
            self._all([node.left, node.right])
        elif isinstance(node, ast.IfExp):
            self._put("If")
            self._all([node.test, node.body, node.orelse])
        elif isinstance(node, (ast.Load, ast.operator)):
            pass
        else:
            self._put(_SAME.get(type(node), type(node).__name__))
            self._all(ast.iter_child_nodes(node))

    def _all(self, nodes):
        for node in nodes:
            self._visit(node)

    def _loops(self, generators, element):
        for one in generators:
            self._put("For")
            self._all([one.target, one.iter])
        for one in generators:
            for condition in one.ifs:
                self._put("If")
                self._visit(condition)
        self._all(element)

    def _name(self, node):
        attributes = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        attributes.reverse()
        if isinstance(node, ast.Name) and node.id in self.modules and node.id not in self.own | self.parameters:
            self._put(".".join([self.modules[node.id], *attributes]))
            return
        for attribute in reversed(attributes):
            self._put(".own" if attribute in self.own else f".{attribute}")
        if not isinstance(node, ast.Name):
            self._visit(node)
        elif hasattr(builtins, node.id) and node.id not in self.own | self.parameters:
            self._put(node.id)
        else:
            self._put("name")


def _arguments(arguments):
    """Names in place of parameters, whose annotations are left out, and the defaults."""
    parameters = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    defaults = [one for one in (*arguments.defaults, *arguments.kw_defaults) if one is not None]
    return [*(ast.Name(one.arg, ast.Load(), lineno=one.lineno) for one in parameters), *defaults]


def _appended(node):
    """What ``out.append(…)`` appends; None for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
        return node.args[0] if len(node.args) == 1 else None
    return None
