"""Which name means what in one file: scopes, imports under any alias, and what is certainly a tensor.

Everything here errs on the side of not knowing: a name that is bound in two ways means nothing.
"""

import ast
import builtins
from dataclasses import dataclass, field

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)

# Of torch: functions that return one tensor whatever they are given.
_MAKERS = {
    "abs", "add", "amax", "amin", "arange", "as_tensor", "bmm", "cat", "cdist", "ceil", "clamp", "clone", "concat",
    "cos",
    "cross", "cumprod", "cumsum", "diag", "diag_embed", "diagonal", "div", "dot", "einsum", "empty", "empty_like",
    "exp",
    "eye", "flatten", "floor", "from_numpy", "full", "full_like", "gather", "hstack", "index_select", "inverse",
    "linspace",
    "log", "log10", "log1p", "log2", "log_softmax", "logspace", "logsumexp", "masked_select", "matmul", "maximum",
    "mean",
    "minimum", "mm", "mul", "mv", "norm", "normal", "numel", "ones", "ones_like", "outer", "permute", "pinverse", "pow",
    "prod", "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "relu", "reshape", "roll", "round",
    "rsqrt",
    "sigmoid", "sign", "sin", "softmax", "sqrt", "square", "squeeze", "stack", "sub", "sum", "tanh", "tensor", "tile",
    "trace", "transpose", "tril", "triu", "unsqueeze", "vstack", "where", "zeros", "zeros_like",
} - {"numel"}  # fmt: skip
_LINALG = {
    "cholesky", "cond", "cross", "det", "eigvals", "eigvalsh", "householder_product", "inv", "matrix_exp",
    "matrix_norm",
    "matrix_power", "multi_dot", "norm", "pinv", "solve", "solve_triangular", "svdvals", "vander", "vector_norm",
}  # fmt: skip
_FUNCTIONAL = {
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "elu", "embedding", "gelu",
    "huber_loss", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax", "mse_loss", "nll_loss",
    "normalize", "one_hot", "pad", "relu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "tanh",
}  # fmt: skip
MAKERS = (
    {f"torch.{name}" for name in _MAKERS}
    | {f"torch.linalg.{name}" for name in _LINALG}
    | {f"torch.nn.functional.{name}" for name in _FUNCTIONAL}
    | {"torch.nn.Parameter", "torch.nn.parameter.Parameter"}
)
# Methods that give a tensor if they belong to one.
METHODS = _MAKERS - {"arange", "cat", "eye", "full", "linspace", "stack", "tensor", "where", "zeros", "ones"} | {
    "contiguous", "cpu", "cuda", "detach", "double", "expand", "expand_as", "float", "half", "long", "masked_fill",
    "new_empty", "new_full", "new_ones", "new_zeros", "repeat", "requires_grad_", "to", "view", "view_as",
}  # fmt: skip
_NO_GRAD = {
    "torch.no_grad", "torch.inference_mode", "torch.set_grad_enabled", "torch.autograd.no_grad",
    "torch.autograd.grad_mode.no_grad", "torch.autograd.inference_mode", "torch.autograd.set_grad_enabled",
}  # fmt: skip


@dataclass(eq=False)
class Binding:
    """One way in which a name gets its meaning.

    Args:
        kind: import, assign, unpack, augment, arg, loop, def, or other.
        node: where.
        value: dotted path of an import; expression that is assigned or looped over; annotation of an argument.
    """

    kind: str
    node: ast.AST
    value: object = None


@dataclass(eq=False)
class Scope:
    """Names of a module, class, function or comprehension."""

    node: ast.AST
    parent: "Scope | None"
    names: dict[str, list[Binding]] = field(default_factory=dict)

    def bind(self, name, kind, node, value=None):
        """Note one more meaning."""
        self.names.setdefault(name, []).append(Binding(kind, node, value))


class File:
    """A parsed file.

    Args:
        text: of the file.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as Python's parser.
    """

    def __init__(self, text):
        self.text = text
        self.tree = ast.parse(text)
        self.parent = {}
        self.scope_of = {}
        self.nodes = []
        self.stars = False
        self._asked = set()
        self._walk(self.tree, Scope(self.tree, None))

    # -- building ----------------------------------------------------------------------------------------------

    def _walk(self, node, scope):
        self.nodes.append(node)
        self.scope_of[node] = scope
        for child in ast.iter_child_nodes(node):
            self.parent[child] = node
        self._bind(node, scope)
        if isinstance(node, (ast.ClassDef, *_FUNCTIONS)):
            inner = Scope(node, scope)
            inside = [node.args] if isinstance(node, _FUNCTIONS) else []
            body = node.body if isinstance(node.body, list) else [node.body]
            for child in ast.iter_child_nodes(node):
                if child not in body and child not in inside:
                    self._walk(child, scope)
            if inside:
                self._arguments(node.args, inner, scope)
            for child in body:
                self._walk(child, inner)
        elif isinstance(node, _COMPREHENSIONS):
            inner = Scope(node, scope)
            for child in ast.iter_child_nodes(node):
                self._walk(child, inner)
        else:
            for child in ast.iter_child_nodes(node):
                self._walk(child, scope)

    def _arguments(self, arguments, inner, outer):
        self.nodes.append(arguments)
        self.scope_of[arguments] = inner
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            inner.bind(argument.arg, "arg", argument, argument.annotation)
        for argument in filter(None, (arguments.vararg, arguments.kwarg)):
            inner.bind(argument.arg, "other", argument)
        for child in ast.iter_child_nodes(arguments):
            self.parent[child] = arguments
            self._walk(child, outer)

    def _bind(self, node, scope):  # noqa: C901, PLR0912  one branch for each way to bind a name
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                scope.bind(alias.asname or path, "import", node, path)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    self.stars = True
                    continue
                base = "." * node.level + (node.module or "")
                scope.bind(alias.asname or alias.name, "import", node, f"{base}.{alias.name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            scope.bind(node.name, "def", node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._target(target, scope, "assign", node, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._target(node.target, scope, "assign", node, node.value)
        elif isinstance(node, ast.NamedExpr):
            self._target(node.target, self._function_scope(scope), "assign", node, node.value)
        elif isinstance(node, ast.AugAssign):
            self._target(node.target, scope, "augment", node, node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._target(node.target, scope, "loop", node, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._target(node.optional_vars, scope, "other", node, None)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.bind(node.name, "other", node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                above = scope
                while above is not None:  # whichever it is, it is not a name with one meaning any more
                    above.bind(name, "other", node)
                    above = above.parent
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            scope.bind(node.name, "other", node)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            scope.bind(node.rest, "other", node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            scope.bind(node.id, "other", node)

    def _target(self, target, scope, kind, node, value):
        if isinstance(target, ast.Name):
            scope.bind(target.id, kind, node, value)
        elif isinstance(target, ast.Starred):
            self._target(target.value, scope, "other", node, None)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._target(part, scope, "unpack" if kind == "assign" else "other", node, value)

    @staticmethod
    def _function_scope(scope):
        while isinstance(scope.node, _COMPREHENSIONS):
            scope = scope.parent
        return scope

    # -- asking ------------------------------------------------------------------------------------------------

    def bindings(self, name):
        """All meanings of a name where it stands; empty for a builtin or an unknown one.

        Args:
            name: an ``ast.Name``.
        """
        scope = first = self.scope_of.get(name)
        while scope is not None:
            if name.id in scope.names and (scope is first or not isinstance(scope.node, ast.ClassDef)):
                return scope.names[name.id]
            scope = scope.parent
        return []

    def path(self, node, depth=0):
        """The dotted path that an expression means, such as ``torch.nn.functional.relu``; None if that is unknown.

        Args:
            node: an expression.
            depth: of aliases so far.
        """
        if isinstance(node, ast.Attribute):
            base = self.path(node.value, depth)
            return f"{base}.{node.attr}" if base else None
        if not isinstance(node, ast.Name) or depth > 5:
            return None
        found = self.bindings(node)
        if not found:
            return f"builtins.{node.id}" if hasattr(builtins, node.id) and not self.stars else None
        if all(one.kind == "import" for one in found):
            paths = {one.value for one in found}
            return paths.pop() if len(paths) == 1 else None
        if len(found) == 1 and found[0].kind == "assign" and isinstance(found[0].value, (ast.Name, ast.Attribute)):
            return self.path(found[0].value, depth + 1)
        return None

    def called(self, node):
        """The path of what is called; None if the node is no call or that is unknown.

        Args:
            node: any.
        """
        return self.path(node.func) if isinstance(node, ast.Call) else None

    def is_tensor(self, node):  # noqa: PLR0911  one return for each kind of expression
        """Whether an expression is certainly a tensor.

        Args:
            node: an expression.
        """
        if isinstance(node, ast.Name):
            return self._name_is_tensor(node)
        if isinstance(node, ast.Call):
            if self.path(node.func) in MAKERS:
                return True
            return (
                isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and self.is_tensor(node.func.value)
            )
        if isinstance(node, ast.BinOp):
            return self.is_tensor(node.left) or self.is_tensor(node.right)
        if isinstance(node, ast.UnaryOp):
            return not isinstance(node.op, ast.Not) and self.is_tensor(node.operand)
        if isinstance(node, ast.Subscript):
            return self.is_tensor(node.value)
        if isinstance(node, ast.Attribute):
            return node.attr in {"T", "mT", "H", "mH", "grad", "data"} and self.is_tensor(node.value)
        return False

    def _name_is_tensor(self, name):
        found = self.bindings(name)
        key = id(found)
        if not found or key in self._asked:
            return False
        self._asked.add(key)
        try:
            return all(self._is_tensor(one) for one in found if one.kind != "augment") and any(
                one.kind != "augment" for one in found
            )
        finally:
            self._asked.discard(key)

    def _is_tensor(self, one):
        if one.kind == "arg":
            return one.value is not None and self.path(one.value) in {"torch.Tensor", "torch._tensor.Tensor"}
        if one.kind == "assign":
            return self.is_tensor(one.value)
        if one.kind == "loop":
            return self.is_tensor(one.value) or _asks_for_parameters(one.value)
        return False

    # -- looking around ----------------------------------------------------------------------------------------

    def above(self, node):
        """The nodes around a node, innermost first."""
        while node in self.parent:
            node = self.parent[node]
            yield node

    def function(self, node):
        """The function around a node, or None."""
        return next((one for one in self.above(node) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))), None)

    def loops(self, node):
        """The loops around a node in the same function, innermost first; what is looped over is outside."""
        inner = node
        for one in self.above(node):
            if isinstance(one, (*_FUNCTIONS, ast.ClassDef)):
                return
            if isinstance(one, ast.While) or (isinstance(one, (ast.For, ast.AsyncFor)) and inner is not one.iter):
                yield one
            inner = one

    def without_grad(self, node):
        """Whether a node stands in a block or a function that records no gradients, or may record none."""
        for one in self.above(node):
            if isinstance(one, (ast.With, ast.AsyncWith)) and any(self._stops(i.context_expr) for i in one.items):
                return True
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(map(self._stops, one.decorator_list)):
                return True
        return False

    def _stops(self, node):
        return self.path(node.func if isinstance(node, ast.Call) else node) in _NO_GRAD

    def imports(self, package):
        """Whether the file imports a package anywhere."""
        paths = (one.value for scope in set(self.scope_of.values()) for found in scope.names.values() for one in found
                 if one.kind == "import")  # fmt: skip
        return any(path == package or path.startswith(f"{package}.") for path in paths)


def _asks_for_parameters(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "parameters"
        and not node.args
    )


def names_in(node, ctx=None):
    """The names below a node, itself included.

    Args:
        node: any.
        ctx: only those that are read (``ast.Load``) or bound (``ast.Store``).
    """
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and (ctx is None or isinstance(one.ctx, ctx))}


def keyword(call, name):
    """The value of a keyword argument, or None."""
    return next((one.value for one in call.keywords if one.arg == name), None)


def method(node):
    """The name of the method that a call calls; empty if the node is no such call."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def is_true(node):
    """Whether a node is the constant ``True``."""
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node):
    """Whether a node is the constant ``False``."""
    return isinstance(node, ast.Constant) and node.value is False
