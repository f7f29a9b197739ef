"""Python loops over a batch that one call of torch could replace: found only where that is certain."""

import ast

from names import LOOPS, method, names_in

# What works on a batch of arguments as it does on one of them.
_FUNCTIONS = {
    f"torch.{name}"
    for name in (
        "abs", "add", "clamp", "cos", "div", "dot", "exp", "log", "log1p", "matmul", "maximum", "mean", "minimum", "mm",
        "mul", "mv", "norm", "outer", "pow", "relu", "sigmoid", "sin", "sqrt", "square", "sub", "sum", "tanh", "where",
    )
} | {f"torch.linalg.{name}" for name in ("norm", "vector_norm", "solve", "inv", "det", "cholesky")}  # fmt: skip
_METHODS = {
    "abs", "clamp", "cos", "div", "dot", "exp", "log", "log1p", "matmul", "mean", "mm", "mul", "mv", "norm", "outer",
    "pow",
    "relu", "sigmoid", "sin", "sqrt", "square", "sub", "sum", "tanh",
}  # fmt: skip


def loops(file):
    """The outermost loops and comprehensions that go through a tensor row by row and do nothing that needs an order.

    Args:
        file: a ``names.File``.
    """
    reported = set()
    for node in file.nodes:
        if reported & set(file.above(node)):
            continue
        if (isinstance(node, ast.For) and _Loop(file, node).certain()) or (
            isinstance(node, ast.ListComp) and _is_stacked(file, node) and _Comprehension(file, node).certain()
        ):
            reported.add(node)
            yield node


def _is_stacked(file, node):
    """Whether a comprehension's list becomes a tensor at once."""
    around = file.parent.get(node)
    return file.called(around) in {"torch.stack", "torch.tensor"} and around.args[:1] == [node]


class _Rows:
    """What the loops' variables are: positions in tensors, or rows of one."""

    def __init__(self, file, top):
        self.file = file
        self.top = top
        self.positions = set()
        self.rows = set()
        self.locals = set()
        self.read = False  # whether a row was read at all

    def header(self, target, over):
        """Whether it goes through a tensor; notes its variable."""
        if not isinstance(target, ast.Name):
            return False
        if self._counts_rows(over):
            self.positions.add(target.id)
            return True
        if self.file.is_tensor(over):
            self.rows.add(target.id)
            return True
        return False

    def _counts_rows(self, over):
        if self.file.called(over) != "builtins.range" or len(over.args) != 1 or over.keywords:
            return False
        size = over.args[0]
        if isinstance(size, ast.Name):
            found = self.file.bindings(size)
            if len(found) != 1 or found[0].kind not in {"assign", "unpack"}:
                return False
            size = found[0].value
            if found[0].kind == "unpack":
                return isinstance(size, ast.Attribute) and size.attr == "shape"
        if self.file.called(size) == "builtins.len" and len(size.args) == 1:
            return self.file.is_tensor(size.args[0])
        if method(size) == "size":
            return True
        return isinstance(size, ast.Subscript) and isinstance(size.value, ast.Attribute) and size.value.attr == "shape"

    def batchable(self, node):  # noqa: C901, PLR0911  one return for each kind of expression
        """Whether an expression could be computed for all rows at once, by broadcasting or a batched function."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (int, float))
        if isinstance(node, ast.Name):
            self.read |= node.id in self.rows
            return node.id not in self.positions
        if isinstance(node, ast.BinOp):
            return self.batchable(node.left) and self.batchable(node.right)
        if isinstance(node, ast.UnaryOp):
            return not isinstance(node.op, ast.Not) and self.batchable(node.operand)
        if isinstance(node, ast.Attribute):
            return node.attr in {"T", "mT"} and self.batchable(node.value)
        if isinstance(node, ast.Subscript):
            if not isinstance(node.value, (ast.Name, ast.Subscript)) or not self._index(node.slice):
                return False
            self.read |= bool(names_in(node.slice) & self.positions)
            return self.batchable(node.value)
        if isinstance(node, ast.Call):
            if self.file.path(node.func) in _FUNCTIONS:
                given = node.args
            elif method(node) in _METHODS and self.file.path(node.func) is None:
                given = [node.func.value, *node.args]
            else:
                return False
            keywords = [one.value for one in node.keywords]
            return all(map(self.batchable, given)) and not any(names_in(one) & self.positions for one in keywords)
        return False

    def _index(self, node):
        """Whether an index is a position, alone or beside parts that do not depend on one."""
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return all(
            (isinstance(one, ast.Name) and one.id in self.positions)
            or not names_in(one) & (self.positions | self.rows | self.locals)
            for one in parts
        )


class _Loop(_Rows):
    """A ``for`` statement."""

    def certain(self):
        """Whether its body is nothing but batchable assignments to places of their own."""
        self.stored = names_in(self.top, ast.Store)
        self.filled = set()
        self.wrote = False
        return self._statement(self.top) and self.wrote and self.read and not self._reads_what_it_fills()

    def _statement(self, node):  # noqa: PLR0911  one return for each kind of statement
        if isinstance(node, ast.For):
            over = names_in(node.iter) & (self.positions | self.rows | self.locals)
            return not over and not node.orelse and self.header(node.target, node.iter) and self._all(node.body)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return self._assign(node.targets[0], node.value)
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            if isinstance(node.target, ast.Name):
                if node.target.id in self.locals | names_in(node.value):
                    return False
                self.filled.add(node.target.id)
                self.wrote = True
                return self._batchable(node.value)
            return self._assign(node.target, node.value)
        if (
            isinstance(node, ast.Expr)
            and method(node.value) == "append"
            and isinstance(node.value.func.value, ast.Name)
        ):
            self.filled.add(node.value.func.value.id)
            self.wrote = True
            return len(node.value.args) == 1 and self._batchable(node.value.args[0])
        return False

    def _all(self, body):
        return all(map(self._statement, body))

    def _assign(self, target, value):
        if not self._batchable(value):
            return False
        if isinstance(target, ast.Name):
            self.locals.add(target.id)
            return True
        if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
            return False
        self.filled.add(target.value.id)
        self.wrote = True
        return self._index(target.slice) and bool(names_in(target.slice) & self.positions)

    def _batchable(self, value):
        """As ``batchable``; and nothing is read that an earlier turn has left."""
        carried = names_in(value) & (self.stored - self.locals - self.positions - self.rows)
        return not carried and self.batchable(value)

    def _reads_what_it_fills(self):
        """Whether a turn looks at what others wrote; only the writing itself may name it."""
        for node in ast.walk(self.top):
            if isinstance(node, ast.Name) and node.id in self.filled:
                around = self.file.parent[node]
                written = isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Store)
                appended = isinstance(around, ast.Attribute) and around.attr == "append"
                if isinstance(node.ctx, ast.Load) and not (written and around.value is node) and not appended:
                    return True
        return False


class _Comprehension(_Rows):
    """A list comprehension that becomes a tensor."""

    def certain(self):
        """Whether its element is batchable."""
        return (
            all(not one.ifs and not one.is_async and self.header(one.target, one.iter) for one in self.top.generators)
            and self.batchable(self.top.elt)
            and self.read
        )


def steady(file, name, loop):
    """Whether nothing in a loop can change the tensor that a name means.

    Args:
        file: a ``names.File``.
        name: an ``ast.Name`` in the loop.
        loop: around it.
    """
    for node in ast.walk(loop):
        if isinstance(node, ast.Name) and node.id == name.id:
            if not isinstance(node.ctx, ast.Load) or _may_change(file, node):
                return False
        elif method(node) in {"step", "load_state_dict"}:
            return False
    return all(not set(file.above(one.node)) & {loop} for one in file.bindings(name))


def _may_change(file, node):
    around = file.parent[node]
    while isinstance(around, (ast.Attribute, ast.Subscript)):
        if isinstance(around.ctx, ast.Store):
            return True
        if isinstance(around, ast.Attribute) and around.attr.endswith("_"):
            return True
        node, around = around, file.parent[around]
    if isinstance(around, ast.Call) and node is not around.func:
        path = file.path(around.func) or ""
        return not path.startswith(("torch.", "builtins.", "math.")) or path.endswith("_")
    return not isinstance(around, (ast.expr, ast.For, *LOOPS))
