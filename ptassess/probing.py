"""What probes may import: small trusted helpers that run beside the candidate's code and return plain data.

Whatever is seen here is seen in the candidate's own process. It may decide *property* checks that are marked
``advisory``, never a value.
"""

from __future__ import annotations

import os
import socket
import weakref
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def listening_socket() -> socket.socket:
    """The socket that the judge has bound and listens on, for a server in a probe; in ``solution.service()`` only.

    Raises:
        RuntimeError: anywhere else.
    """
    number = os.environ.get("PTASSESS_LISTENER")
    if number is None:
        raise RuntimeError("no listening socket here: use `with solution.service() as s: s.run(…)`")
    return socket.socket(fileno=os.dup(int(number)))


def call_keeping_inputs(solution: ModuleType, name: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Call a function and look at its arguments afterwards.

    Args:
        solution: the candidate's module.
        name: of its function.
        args: passed on.
        kwargs: passed on.

    Returns:
        ``out``, what it returned, and ``inputs``, the positional arguments as they are after the call.
    """
    out = getattr(solution, name)(*args, **kwargs)
    return {"out": out, "inputs": list(args)}


def call_with_layout(solution: ModuleType, name: str, layout: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function with the same values in another memory layout; a value that crosses the wall is contiguous.

    Args:
        solution: the candidate's module.
        name: of its function.
        layout: ``transposed`` (last two dimensions swapped in memory), or ``strided`` (every second element).
        args: tensors among them are laid out anew.
        kwargs: passed on.
    """

    def lay(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.dim() == 0:
            return value
        if layout == "transposed" and value.dim() > 1:
            return value.mT.contiguous().mT
        wide = value.new_zeros(*value.shape[:-1], 2 * value.shape[-1])
        wide[..., ::2] = value
        return wide[..., ::2]

    return getattr(solution, name)(*tree_map(lay, args), **kwargs)


def gradient_of(solution: ModuleType, name: str, *args: Any) -> list[torch.Tensor | None]:
    """Gradients of the sum of a function's output, one for each floating-point argument, in their order.

    Args:
        solution: the candidate's module.
        name: of its function.
        args: passed on; floating-point tensors require gradients.
    """
    leaves = [a.detach().requires_grad_() if isinstance(a, torch.Tensor) and a.is_floating_point() else a for a in args]
    getattr(solution, name)(*leaves).sum().backward()
    return [leaf.grad for leaf in leaves if isinstance(leaf, torch.Tensor) and leaf.requires_grad]


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
    """Most bytes of tensor storage that a call holds at once, those of its arguments not counted.

    Args:
        function: to call.
        args: passed on.
    """
    with _Meter(tree_leaves(args)) as meter:
        _ = function(*args)  # kept: the output counts
    peak: int = meter.peak
    return peak


def saved_bytes(function: Callable[..., Any], *args: Any) -> int:
    """Bytes that autograd saves for the backward pass, each storage once, those of the arguments not counted.

    Args:
        function: to call.
        args: passed on.
    """
    known = {leaf.untyped_storage().data_ptr() for leaf in tree_leaves(args) if isinstance(leaf, torch.Tensor)}
    saved: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        _ = function(*args)
    return sum(saved.values())


class _Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Counts operations and the bytes of the storages that they make, for as long as somebody holds those."""

    def __init__(self, known: list[Any] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ops = 0
        self.live = 0
        self.peak = 0
        self._storages: set[int] = {t.untyped_storage()._cdata for t in known or () if isinstance(t, torch.Tensor)}  # noqa: SLF001

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.ops += 1
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor):
                self._note(leaf.untyped_storage())
        return out

    def _note(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata  # noqa: SLF001  the storage's identity; data_ptr is reused after a free
        if key in self._storages:
            return
        size = storage.nbytes()
        self._storages.add(key)
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._storages.discard(key)
        self.live -= size
