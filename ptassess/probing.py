"""What probes may import: small trusted helpers that run beside the candidate's code and return plain data.

Whatever is seen here is seen in the candidate's own process. It may decide *property* checks that are marked
``advisory``, never a value.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_map

from ptassess.meters import count_ops, flops, held_bytes, peak_bytes, saved_bytes, synchronisations

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "call_keeping_inputs",
    "call_with_layout",
    "count_ops",
    "flops",
    "gradient_of",
    "held_bytes",
    "listening_socket",
    "peak_bytes",
    "saved_bytes",
    "synchronisations",
]


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
