"""The rules: each takes a file and gives the nodes that it is about. What they mean is in ``guide.py``.

Runs in a process of its own (``ptassess.parsing``) and knows the standard library only.
"""

import ast

import batching
from guide import DEPRECATED
from names import MAKERS, File, is_false, is_true, keyword, method, names_in

MOST = 5  # findings of one rule in one file; more say nothing new
_LOSS_NAMES = ("binary_cross_entropy", "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "kl_div")
_RULES = []


def look(text):
    """The findings in one file.

    Args:
        text: of the file.

    Returns:
        ``[code, line, last line, what is named there]`` of each, by line.
    """
    file = File(text)
    if not file.imports("torch"):
        return []
    found = []
    for code, rule in _RULES:
        pairs = [one if isinstance(one, tuple) else (one, "") for one in rule(file)]
        nodes = list({node.lineno: (node, named) for node, named in reversed(pairs)}.values())[::-1]  # one for a line
        found += [[code, node.lineno, node.end_lineno, named] for node, named in nodes[:MOST]]
        if len(nodes) > MOST:
            found[-1][3] = found[-1][3] or f"and {len(nodes) - MOST} more in this file"
    return sorted(found, key=lambda one: (one[1], one[0]))


def _rule(code):
    def register(function):
        _RULES.append((code, function))
        return function

    return register


def _calls(file):
    return (node for node in file.nodes if isinstance(node, ast.Call))


def _functions(file):
    return (node for node in file.nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _loop_names(file, node):
    """Variables of the ``for`` loops and comprehensions around a node, in its function."""
    names = set()
    for loop in file.loops(node):
        if not isinstance(loop, ast.While):
            names |= names_in(loop.target)
    for one in file.above(node):
        if isinstance(one, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            names |= {name for part in one.generators for name in names_in(part.target)}
        elif isinstance(one, (ast.stmt, ast.Lambda)):
            break
    return names


# -- speed ---------------------------------------------------------------------------------------------------------


@_rule("PT101")
def element_by_element(file):
    """``x[i].item()`` or ``float(x[i])`` for every i."""
    for call in _calls(file):
        if method(call) == "item" and not call.args:
            element = call.func.value
        elif file.path(call.func) in {"builtins.float", "builtins.int", "builtins.bool"} and len(call.args) == 1:
            element = call.args[0]
        else:
            continue
        if not isinstance(element, ast.Subscript) or not isinstance(element.value, ast.Name):
            continue
        changes = any(not batching.steady(file, element.value, loop) for loop in file.loops(call))
        if names_in(element.slice) & _loop_names(file, call) and file.is_tensor(element.value) and not changes:
            yield call


@_rule("PT102")
def transfer_again(file):
    """``x.cpu()`` in a loop that does not change x."""
    for call in _calls(file):
        loop = next(file.loops(call), None)
        if (
            loop is None
            or method(call) not in {"cpu", "cuda", "to", "tolist"}
            or not isinstance(call.func.value, ast.Name)
        ):
            continue
        arguments = [*call.args, *(one.value for one in call.keywords)]
        inside = names_in(loop, ast.Store)
        if any(names_in(one) & inside for one in arguments) or not file.is_tensor(call.func.value):
            continue
        if batching.steady(file, call.func.value, loop):
            yield call


@_rule("PT103")
def loop_over_the_batch(file):
    """A Python loop row by row where one call would do."""
    yield from batching.loops(file)


@_rule("PT104")
def tensor_of_a_tensor(file):
    """``torch.tensor(x)`` of a tensor."""
    for call in _calls(file):
        if file.path(call.func) == "torch.tensor" and len(call.args) == 1 and file.is_tensor(call.args[0]):
            yield call


@_rule("PT105")
def inverse_times(file):
    """``torch.linalg.inv(a) @ b``."""
    inverses = {"torch.inverse", "torch.linalg.inv"}
    for node in file.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult) and file.called(node.left) in inverses:
            yield node


# -- gradients -----------------------------------------------------------------------------------------------------


def _backward_of(node):
    """The name on which a call of ``backward`` is; None for another node."""
    if method(node) == "backward" and isinstance(node.func.value, ast.Name):
        return node.func.value.id
    return None


@_rule("PT201")
def gradients_never_cleared(file):
    """A training loop that clears no gradient."""
    if any(word in file.text for word in ("zero_grad", ".grad = ", ".grad=", "grad.zero_", "set_to_none")):
        return
    for call in _calls(file):
        loop = next(file.loops(call), None)
        if method(call) != "step" or call.args or loop is None or not isinstance(call.func.value, ast.Name):
            continue
        found = file.bindings(call.func.value)
        made = len(found) == 1 and found[0].kind == "assign" and (file.called(found[0].value) or "")
        if (
            not made
            or not made.startswith("torch.optim.")
            or "lr_scheduler" in made
            or loop in file.above(found[0].node)
        ):
            continue
        inside = [node for node in ast.walk(loop) if isinstance(node, ast.Call)]
        if any(method(node) == "backward" for node in inside) and all(_is_known(file, node) for node in inside):
            yield call


def _is_known(file, call):
    """Whether a call cannot clear gradients behind our back: no function of a module that we do not see."""
    path = file.path(call.func) or ""
    return not path or path.split(".")[0] in {
        "torch",
        "builtins",
        "math",
        "numpy",
        "tqdm",
        "random",
        "itertools",
        "time",
    }


@_rule("PT202")
def history_kept(file):
    """``total += loss`` in the loop that trains on it."""
    for node in file.nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.value, ast.Name):
            kept, into = node.value, node.target
        elif method(node) == "append" and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            kept, into = node.args[0], node.func.value
        else:
            continue
        loop = next(file.loops(node), None)
        if loop is None or not isinstance(into, ast.Name) or file.without_grad(node):
            continue
        trained = {_backward_of(one) for one in ast.walk(loop)}
        if kept.id not in trained or into.id in {_backward_of(one) for one in file.nodes}:
            continue
        values = [one.value for one in file.bindings(kept) if one.kind in {"assign", "unpack"}]
        detached = any(method(part) in {"item", "detach", "tolist"} for value in values for part in ast.walk(value))
        if values and not detached and not any(file.called(value) == "builtins.float" for value in values):
            yield node, kept.id


@_rule("PT203")
def leaf_in_place(file):
    """``w -= …`` on a leaf that requires a gradient, outside ``no_grad``."""
    for node in file.nodes:
        if isinstance(node, ast.AugAssign):
            target = node.target.value if isinstance(node.target, ast.Subscript) else node.target
        elif method(node).endswith("_") and not method(node).startswith("_") and method(node) != "requires_grad_":
            target = node.func.value
        else:
            continue
        if not isinstance(target, ast.Name) or file.without_grad(node):
            continue
        found = [one for one in file.bindings(target) if one.kind != "augment"]
        function = file.function(node)
        if len(found) != 1 or found[0].kind != "assign" or not _is_leaf(file, found[0].value):
            continue
        if function is not None and function is file.function(found[0].node) and _differentiates(file, function):
            yield node, target.id


def _is_leaf(file, value):
    path = file.called(value)
    if path in {"torch.nn.Parameter", "torch.nn.parameter.Parameter"}:
        return not is_false(keyword(value, "requires_grad"))
    return path in MAKERS and is_true(keyword(value, "requires_grad"))


def _differentiates(file, function):
    return any(
        method(node) == "backward" or file.called(node) == "torch.autograd.grad"
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
    )


@_rule("PT204")
def labels_require_grad(file):
    """A target of a loss that asks for a gradient which nobody takes."""
    for call in _calls(file):
        path = file.path(call.func) or ""
        target = call.args[1] if len(call.args) > 1 else keyword(call, "target")
        if (
            not path.startswith("torch.nn.functional.")
            or not path.endswith(_LOSS_NAMES)
            or not isinstance(target, ast.Name)
        ):
            continue
        found = file.bindings(target)
        if len(found) != 1 or found[0].kind != "assign" or not is_true(_asks(found[0].value)):
            continue
        # Whoever takes the gradient of a target means it: it is read as .grad or handed to something else.
        uses = [node for node in file.nodes if isinstance(node, ast.Name) and node.id == target.id]
        if all(isinstance(node.ctx, ast.Store) or file.parent[node] is call for node in uses):
            yield found[0].node, target.id


def _asks(value):
    return keyword(value, "requires_grad") if isinstance(value, ast.Call) else None


@_rule("PT205")
def data_attribute(file):
    """``x.data``."""
    for node in file.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "data" and (
            file.is_tensor(node.value)
            or (isinstance(node.value, ast.Attribute) and node.value.attr in {"grad", "weight", "bias"})
        ):  # fmt: skip
            yield node


@_rule("PT206")
def misspelt_flag(file):
    """``x.require_grad = True``."""
    for node in file.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "require_grad" and isinstance(node.ctx, ast.Store):
            yield node


@_rule("PT207")
def checkpoint_without_a_choice(file):
    """``checkpoint(f, x)`` without ``use_reentrant``."""
    for call in _calls(file):
        checkpoints = (file.path(call.func) or "").startswith("torch.utils.checkpoint.checkpoint")
        if checkpoints and not any(one.arg in {"use_reentrant", None} for one in call.keywords):
            yield call


# -- evaluation ----------------------------------------------------------------------------------------------------


@_rule("PT301")
def evaluation_records_gradients(file):
    """``model.eval()``, then a loop that turns its outputs into numbers, with gradients recorded."""
    for function in _functions(file):
        inside = list(ast.walk(function))
        asleep = {n.func.value.id for n in inside if method(n) == "eval" and isinstance(n.func.value, ast.Name)}
        if not asleep or _differentiates(file, function) or _mentions_grad_mode(function):
            continue
        called = [n for n in inside if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in asleep]
        looped = [(n, loop) for n in called for loop in file.loops(n) if isinstance(loop, (ast.For, ast.AsyncFor))]
        sunk = {"item", "tolist", "argmax", "numpy"}
        turned = any(method(part) in sunk for _, loop in looped for part in ast.walk(loop))
        if turned and not _called_without_grad(file, function.name):
            yield looped[0][0], looped[0][0].func.id


def _mentions_grad_mode(function):
    modes = ("no_grad", "inference_mode", "set_grad_enabled", "requires_grad", "enable_grad")
    words = {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)} | names_in(function)
    return any(mode in word for mode in modes for word in words)


def _called_without_grad(file, name):
    """Whether somebody here calls it in such a block, or as a method of which we cannot tell who does."""
    return any(
        file.without_grad(node)
        for node in _calls(file)
        if name in {method(node), node.func.id if isinstance(node.func, ast.Name) else ""}
    )


@_rule("PT302")
def evaluation_in_training_mode(file):
    """A model with dropout or batch normalisation is trained and evaluated here, and ``eval()`` is nowhere."""
    layers = ("torch.nn.Dropout", "torch.nn.BatchNorm", "torch.nn.AlphaDropout")
    trained = {n.func.value.id for n in file.nodes if method(n) == "train" and isinstance(n.func.value, ast.Name)
               and not n.args and not n.keywords}  # fmt: skip
    if not trained or any(method(n) == "eval" or (method(n) == "train" and (n.args or n.keywords)) for n in file.nodes):
        return
    if not any((file.path(n.func) or "").startswith(layers) for n in _calls(file)):
        return
    for call in _calls(file):
        if (
            isinstance(call.func, ast.Name)
            and call.func.id in trained
            and any(file.loops(call))
            and file.without_grad(call)
        ):
            name = (file.function(call).name if file.function(call) else "").lower()
            if not any(part in name for part in ("mc", "uncertain", "sampl", "ensemble", "train")):
                yield call, call.func.id
                return


# -- safety --------------------------------------------------------------------------------------------------------


@_rule("PT401")
def unsafe_load(file):
    """A file whose loading runs what it says."""
    for call in _calls(file):
        path = file.path(call.func)
        if path == "torch.load" and (is_false(keyword(call, "weights_only")) or keyword(call, "pickle_module")):
            yield call, "torch.load"
        elif path in {"pickle.load", "pickle.loads"} and not (
            call.args and file.called(call.args[0]) == "pickle.dumps"
        ):
            yield call, path


@_rule("PT402")
def swallowed(file):
    """``except: pass``."""
    for node in file.nodes:
        if not isinstance(node, ast.ExceptHandler) or not all(map(_does_nothing, node.body)):
            continue
        if node.type is None or file.path(node.type) in {"builtins.Exception", "builtins.BaseException"}:
            yield node


def _does_nothing(node):
    return isinstance(node, (ast.Pass, ast.Continue)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


# -- what is going away --------------------------------------------------------------------------------------------


@_rule("PT501")
def deprecated(file):
    """Names that torch has deprecated or removed."""
    for node in file.nodes:
        if not isinstance(node, (ast.Attribute, ast.Name)) or isinstance(file.parent.get(node), ast.Attribute):
            continue
        alias = isinstance(node, ast.Name) and any(one.kind != "import" for one in file.bindings(node))
        path = file.path(node) if isinstance(node.ctx, ast.Load) and not alias else None
        if path in DEPRECATED:
            yield node, path


@_rule("PT502")
def old_reduction(file):
    """``size_average`` or ``reduce`` of a loss."""
    for call in _calls(file):
        path = file.path(call.func) or ""
        if path.startswith("torch.nn.") and (path.endswith("Loss") or path.endswith(_LOSS_NAMES)):
            given = next((one.arg for one in call.keywords if one.arg in {"size_average", "reduce"}), None)
            if given:
                yield call, given


@_rule("PT503")
def softmax_of_some_dimension(file):
    """``F.softmax(x)`` without a dimension."""
    functions = {f"torch.nn.functional.{name}": 1 for name in ("softmax", "log_softmax", "softmin")}
    modules = {f"torch.nn.{name}": 0 for name in ("Softmax", "LogSoftmax", "Softmin")}
    for call in _calls(file):
        most = (functions | modules).get(file.path(call.func))
        if most is None or len(call.args) > most or any(isinstance(one, ast.Starred) for one in call.args):
            continue
        if not any(one.arg in {"dim", None} for one in call.keywords):
            yield call


# -- mistakes ------------------------------------------------------------------------------------------------------


@_rule("PT601")
def default_is_changed(file):
    """A tensor as a default that the function changes in place."""
    for function in _functions(file):
        positional = [*function.args.posonlyargs, *function.args.args]
        with_default = [
            *zip(positional[len(positional) - len(function.args.defaults) :], function.args.defaults, strict=True),
            *zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True),
        ]
        for argument, default in with_default:
            if default is not None and file.called(default) in MAKERS and _changed(file, function, argument.arg):
                yield default, argument.arg


def _changed(file, function, name):
    """Whether a name that is bound once is changed in place in a function."""
    bound = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
                and not isinstance(file.parent[n], ast.AugAssign) for n in ast.walk(function))  # fmt: skip
    return not bound and any(_writes_into(n, name) for n in ast.walk(function))


def _writes_into(node, name):
    if isinstance(node, ast.AugAssign):
        target = node.target.value if isinstance(node.target, ast.Subscript) else node.target
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        target = node.value
    elif method(node).endswith("_") and not method(node).endswith("__") and method(node) != "requires_grad_":
        target = node.func.value
    else:
        return False
    return isinstance(target, ast.Name) and target.id == name


@_rule("PT602")
def softmax_twice(file):
    """Probabilities where a loss asks for logits, or for their logarithms."""
    pairs = {
        "cross_entropy": ("softmax", "log_softmax"),
        "nll_loss": ("softmax",),
        "binary_cross_entropy_with_logits": ("sigmoid",),
    }
    modules = {
        "CrossEntropyLoss": "cross_entropy",
        "NLLLoss": "nll_loss",
        "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    }
    for call in _calls(file):
        path = file.path(call.func) or ""
        name = path.removeprefix("torch.nn.functional.") if path.startswith("torch.nn.functional.") else ""
        criterion = _single(file, call.func) if isinstance(call.func, ast.Name) else call.func
        made = file.called(criterion) or ""
        if made.startswith("torch.nn."):
            name = modules.get(made.removeprefix("torch.nn."), name)
        if name in pairs and call.args:
            value = _single(file, call.args[0])
            told = (file.called(value) or "").split(".")
            applied = told[-1] if told[0] == "torch" else method(value) if file.called(value) is None else ""
            if applied in pairs[name]:
                yield call, applied


def _single(file, node):
    """The value of a name that is assigned once; the node itself if it is none."""
    if not isinstance(node, ast.Name):
        return node
    found = file.bindings(node)
    return found[0].value if len(found) == 1 and found[0].kind == "assign" else node


@_rule("PT603")
def writes_into_expanded(file):
    """In-place arithmetic on what ``expand`` gave: its rows are one memory."""
    for node in file.nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            target = node.target
        elif method(node).endswith("_") and not method(node).startswith("_") and isinstance(node.func.value, ast.Name):
            target = node.func.value
        else:
            continue
        found = [one for one in file.bindings(target) if one.kind != "augment"]
        if method(node) in {"requires_grad_", "squeeze_", "unsqueeze_", "t_", "transpose_"} or len(found) != 1:
            continue
        expanded = found[0].kind == "assign" and method(found[0].value) in {"expand", "expand_as"}
        if expanded and file.function(found[0].node) is file.function(node):
            yield node, target.id


@_rule("PT604")
def modules_in_a_list(file):
    """``self.layers = [nn.Linear(…), …]`` in a module: nobody finds their parameters."""
    for node in file.nodes:
        if not isinstance(node, ast.ClassDef) or "torch.nn.Module" not in map(file.path, node.bases):
            continue
        text = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)} | names_in(node)
        if text & {"ModuleList", "ModuleDict", "Sequential", "add_module", "register_module", "setattr", "__setattr__"}:
            continue
        for one in ast.walk(node):
            if isinstance(one, ast.Assign) and len(one.targets) == 1 and _is_own(one.targets[0]):
                made = one.value.elts if isinstance(one.value, (ast.List, ast.Tuple)) else []
                made = [one.value.elt] if isinstance(one.value, ast.ListComp) else made
                if any(_makes_a_layer(file, part) for part in made):
                    yield one, f"self.{one.targets[0].attr}"


def _is_own(node):
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _makes_a_layer(file, node):
    path = (file.called(node) or "").split(".")
    with_parameters = ("Linear", "Conv", "BatchNorm", "LayerNorm", "Embedding", "LSTM", "GRU", "RNN", "Multihead")
    return path[:2] == ["torch", "nn"] and len(path) == 3 and path[2].startswith(with_parameters)


@_rule("PT605")
def log_of_softmax(file):
    """``torch.log(softmax(x))``."""
    softmaxes = {"torch.softmax", "torch.nn.functional.softmax", "torch.sigmoid", "torch.nn.functional.sigmoid"}
    for call in _calls(file):
        inner = call.args[0] if file.path(call.func) == "torch.log" and len(call.args) == 1 else None
        if method(call) == "log" and not call.args:
            inner = call.func.value
        if inner is None:
            continue
        if file.called(inner) in softmaxes:
            yield call, file.called(inner).rpartition(".")[2]
        elif method(inner) in {"softmax", "sigmoid"} and file.path(inner.func) is None:
            yield call, method(inner)
