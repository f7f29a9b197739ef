"""Meters: what a call costs in operations, bytes, and waits for a device; they run beside the candidate's code.

Each is a function of a callable and its arguments, calls it once, and returns an integer. Whatever the callable raises
goes through, and torch is left as it was. They see what torch's dispatcher sees: one entry for each ATen operation
that reaches it from Python or from autograd, not what the operation's kernel does within itself, no NumPy, and
nothing of what ``torch.compile`` fuses.

Which bytes count is decided by one rule for all: a storage is *made by the call* if an operation of the call returns
it without having been given it. What is first seen as an operation's input was there before, wherever it is kept:
arguments, parameters and buffers of a module, an optimiser's state, closures, globals, saved tensors of an older graph.
"""

from __future__ import annotations

import gc
import math
import warnings
import weakref
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, is_traceable_wrapper_subclass
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def count_ops(function: Callable[..., Any], *args: Any) -> int:
    """How many ATen operations a call dispatches, views included.

    Args:
        function: to call.
        args: passed on.
    """
    with _Meter() as meter:
        function(*args)
    ops: int = meter.ops
    return ops


def peak_bytes(function: Callable[..., Any], *args: Any) -> int:
    """Most bytes that the storages made by a call take at once; the output counts, what was there before does not.

    Sees a growth (``resize_``) of what was there, too. Misses what a kernel takes and gives back within one operation
    (workspaces of a matrix product or a convolution), and how the allocator rounds. What only a cycle of references
    keeps counts until the garbage collector comes.

    Args:
        function: to call.
        args: passed on.

    Returns:
        Bytes of storages, all devices together.
    """
    with _Meter() as meter:
        _ = function(*args)  # kept: the output counts
    peak: int = meter.peak
    return peak


def saved_bytes(function: Callable[..., Any], *args: Any) -> int:
    """Bytes made by a call that autograd saves for a backward pass, each storage once, those freed by its end included.

    Sees what autograd's formulas save and what ``ctx.save_for_backward`` is given. Misses tensors that are attributes
    of a ``ctx`` or that a closure keeps (``held_bytes`` sees them), and what is saved under hooks of the call's own,
    which take the place of ours: in ``torch.utils.checkpoint`` or ``save_on_cpu``.

    Args:
        function: to call.
        args: passed on.

    Returns:
        Bytes of whole storages: a saved view counts as what it is a view of.

    Raises:
        RuntimeError: by torch, where the function uses ``torch.func.grad`` and its like, which refuse such hooks.
    """
    saved: set[_Storage] = set()
    with _Meter() as meter:

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            saved.update(meter.made(tensor))
            return tensor.detach()  # an output that was kept itself would keep its graph, and that it: for ever

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            _ = function(*args)
    return sum(storage.counted for storage in saved)


def held_bytes(function: Callable[..., Any], *args: Any) -> int:
    """Bytes made by a call that are alive after it, with its output kept: what a step holds from forward to backward.

    However they are held: as the output itself, as tensors that its graph saved, as attributes of a ``ctx``, in the
    closure of a hook or a backward, in a list, an attribute or a global. So a table that the function builds at its
    first call and keeps counts as well, and gradients that it leaves in ``.grad``: call it once before, where these do
    not matter. Misses what is kept outside of tensors (NumPy, numbers, files), and what is only taken during the call
    (``peak_bytes``) or the backward pass. A generator has not run yet when it is returned.

    Args:
        function: to call.
        args: passed on.

    Returns:
        Bytes of whole storages, counted after a garbage collection.
    """
    with _Meter() as meter:
        _ = function(*args)  # kept: with its graph
    gc.collect()
    live: int = meter.live
    return live


def flops(function: Callable[..., Any], *args: Any) -> int:
    """Floating-point operations of a call's matrix products, convolutions and attentions, from their shapes.

    By torch's own ``torch.utils.flop_counter.FlopCounterMode``, whose formulas count a multiplication and an addition
    as two: 2·m·k·n for (m, k) @ (k, n). Counted: mm, addmm, bmm, baddbmm and what becomes one of them (linear, einsum),
    convolutions, scaled dot-product attention as if nothing were masked; backward passes within the call. Torch
    leaves out, and we add: products with vectors (mv, addmv, dot, vdot), addbmm, and attention on a CPU, by the formula
    that it has for CUDA. Not counted: whatever is element by element, reductions, normalisations, ``torch.linalg``,
    FFT, ``torch.cdist``'s own kernel, fused recurrent layers (LSTM), quantised products, kernels without a formula. A
    sparse product counts like a dense one, a complex one like a real one.

    Args:
        function: to call.
        args: passed on.

    Returns:
        Operations, not operations a second.
    """
    from torch.utils import flop_counter  # takes 0.3 s, for Triton; not at import: the zygote loads this module

    aten = torch.ops.aten
    formulas: Any = flop_counter  # torch leaves them untyped
    additions: dict[Any, Callable[..., int]] = {
        aten.mv: lambda a, _, **__: 2 * math.prod(a),
        aten.addmv: lambda _, a, __, **___: 2 * math.prod(a),
        aten.dot: lambda a, _, **__: 2 * math.prod(a),
        aten.vdot: lambda a, _, **__: 2 * math.prod(a),
        aten.addbmm: lambda _, a, b, **__: 2 * math.prod(a) * b[-1],
        aten._scaled_dot_product_flash_attention_for_cpu: (  # noqa: SLF001  an operator's name
            lambda q, k, v, *_, **__: formulas.sdpa_flop_count(q, k, v)
        ),
        aten._scaled_dot_product_flash_attention_for_cpu_backward: (  # noqa: SLF001
            lambda grad, q, k, v, *_, **__: formulas.sdpa_backward_flop_count(grad, q, k, v)
        ),
    }
    with flop_counter.FlopCounterMode(display=False, custom_mapping=additions) as counter:
        function(*args)
    total: int = counter.get_total_flops()
    return total


def synchronisations(function: Callable[..., Any], *args: Any) -> int:
    """How often a call makes the host wait for the device; without one, how often it would.

    On CUDA, if it is in use before the call and the call works there: the warnings of
    ``torch.cuda.set_sync_debug_mode("warn")``. Torch calls that experimental: it misses ``torch.cuda.synchronize()``
    and what lies in ``torch.distributed`` and ``torch.sparse``; a call that silences warnings silences these.

    Otherwise, so that a laptop can teach it, the operations that wait on CUDA, each once:

    - a number for Python: ``item()``, ``tolist()``, ``bool(…)``, ``float(…)``, ``if``, a tensor as a bound of a slice;
    - a shape that depends on values: ``nonzero``, one-argument ``where``, a mask as an index (not ``x[mask] = number``,
      which is a fill), ``masked_select``, ``unique``, ``bincount``, ``repeat_interleave`` without ``output_size``;
    - answers and errors that depend on values: ``equal``, ``allclose``, ``linalg.inv``, ``solve``, ``cholesky``;
    - ``cpu()`` and ``to("cpu")``, unless ``non_blocking``. ``to(other.device)`` does not count, for that is how code
      for every device is written; nor does ``numpy()``, which fails on CUDA unless ``cpu()`` went before.

    Missed there: copies of host data to the device, waits within an operation (``multinomial``). Too many:
    ``one_hot``, which looks at values on a CPU only.

    Args:
        function: to call.
        args: passed on.
    """
    told: list[str] | None = None
    with _Meter() as meter, _Requests() as requests, ExitStack() as stack:
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            told = stack.enter_context(_cuda_waits())
        function(*args)
    would: int = meter.waits + requests.waits
    return len(told) if told is not None and meter.cuda else would


@dataclass(eq=False, slots=True)
class _Storage:
    """One storage: the bytes that were there before the call, and those that the call made."""

    before: int | None  # None: made by the call
    counted: int = 0
    watch: weakref.ref[torch.UntypedStorage] | None = None


class _Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Counts operations and the bytes of the storages that they make, for as long as somebody holds those."""

    supports_higher_order_operators = True  # they run as they are

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ops = 0
        self.live = 0
        self.peak = 0
        self.waits = 0
        self.cuda = False
        self._storages: dict[int, _Storage] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "overloadpacket", func).__name__
        if name != "lift_fresh":  # its input is new: torch.tensor(…), torch.from_numpy(…)
            self._note((args, kwargs), made=False)
        self.waits += _waits(name, args, kwargs)  # before the call: in place, it changes what it is given
        out = func(*args, **kwargs)
        self.ops += 1
        self._note(out, made=True)
        return out

    def made(self, tensor: torch.Tensor) -> list[_Storage]:
        """Those of a tensor's storages that the call has made."""
        found = (self._storages.get(storage._cdata) for storage in _parts(tensor))  # noqa: SLF001  as in _note
        return [storage for storage in found if storage is not None and storage.before is None]

    def _note(self, value: Any, *, made: bool) -> None:
        for leaf in tree_leaves(value):
            if isinstance(leaf, torch.Tensor):
                self.cuda |= leaf.is_cuda
                for part in _parts(leaf):
                    self._weigh(part, made=made)

    def _weigh(self, part: torch.UntypedStorage, *, made: bool) -> None:
        key = part._cdata  # noqa: SLF001  the storage's identity; data_ptr is 0 where there is no memory
        size = part.nbytes()
        storage = self._storages.get(key)
        if storage is None:
            storage = self._storages[key] = _Storage(None if made else size)
            storage.watch = weakref.ref(part, lambda _: self._forget(key))  # identities are used again after a free
        counted = max(0, size - (storage.before or 0))
        self.live += counted - storage.counted
        storage.counted = counted
        self.peak = max(self.peak, self.live)

    def _forget(self, key: int) -> None:
        self.live -= self._storages.pop(key).counted


def _parts(tensor: torch.Tensor) -> Iterator[torch.UntypedStorage]:
    """The storages that a tensor lies in: several for sparse tensors and subclasses that wrap; none for oneDNN's."""
    wrapped: Any = tensor  # mypy: the typeguard and Tensor have no class in common
    if is_traceable_wrapper_subclass(wrapped):
        names, _ = wrapped.__tensor_flatten__()
        for name in names:
            yield from _parts(getattr(wrapped, name))
    elif tensor.layout is torch.sparse_coo:
        yield from (part.untyped_storage() for part in (tensor._indices(), tensor._values()))  # noqa: SLF001  uncoalesced, too
    elif tensor.layout in {torch.sparse_csr, torch.sparse_bsr}:
        parts = tensor.crow_indices(), tensor.col_indices(), tensor.values()
        yield from (part.untyped_storage() for part in parts)
    elif tensor.layout in {torch.sparse_csc, torch.sparse_bsc}:
        parts = tensor.ccol_indices(), tensor.row_indices(), tensor.values()
        yield from (part.untyped_storage() for part in parts)
    elif tensor.layout is torch.strided:
        yield tensor.untyped_storage()


# From what the operators do on CUDA: aten/src/ATen/native/ of torch 2.
_WAITING = frozenset({
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "_unique",
    "_unique2",
    "unique_dim",
    "unique_consecutive",
    "unique_dim_consecutive",
    "bincount",
    "equal",
    "allclose",
    "_linalg_check_errors",
})  # fmt: skip


def _waits(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether an operation would make the host wait for the device that its tensors lie on."""
    if name in _WAITING:
        return True
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    if name in {"index", "index_put", "index_put_"}:
        masked = any(index is not None and index.dtype in {torch.bool, torch.uint8} for index in args[1])
        # Torch fills where the value is one number: canDispatchToMaskedFill in TensorAdvancedIndexing.cpp.
        return masked and not (name != "index" and args[2].numel() == 1 and args[2].device.type == "cpu")
    if name in {"_to_copy", "copy_"} and not kwargs.get("non_blocking"):
        source, target = (args[0], kwargs.get("device")) if name == "_to_copy" else (args[1], args[0].device)
        return target is not None and torch.device(target).type == "cpu" and source.device.type not in {"cpu", "meta"}
    return False


class _Requests(TorchFunctionMode):
    """Counts what brings a tensor to the host and is no operation where the tensor lies there already."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        asked = func in {torch.Tensor.cpu, torch.Tensor.tolist} or (
            func is torch.Tensor.to
            and any(isinstance(given, str) and given == "cpu" for given in (*args[1:], kwargs.get("device")))
            and not kwargs.get("non_blocking")
        )
        self.waits += asked and args[0].device.type == "cpu"
        return func(*args, **kwargs)


@contextmanager
def _cuda_waits() -> Iterator[list[str]]:
    """Fills the list with torch's warnings about waits, and gives on the other warnings."""
    told: list[str] = []
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield told
        finally:
            torch.cuda.set_sync_debug_mode(before)
    for one in caught:
        if "synchronizing CUDA operation" in str(one.message):  # c10/cuda/CUDAFunctions.cpp
            told.append(str(one.message))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, source=one.source)
