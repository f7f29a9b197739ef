"""In the worker: blocks of calls of one function, on inputs that lie in the arena."""

from __future__ import annotations

import ctypes
import gc
from typing import TYPE_CHECKING, Any

from ptassess.sandbox.arena import tensors_of, with_tensors
from ptassess.sandbox.wire import Block, Done, Prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptassess.sandbox.arena import Arena

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_NEVER = 1 << 30


class Laps:
    """Calls a function on one slot after the other, and says where the results lie.

    Args:
        arena: with the inputs.
        function: to call.
        message: says what its arguments are like.
    """

    def __init__(self, arena: Arena, function: Callable[..., Any], message: Prepare) -> None:
        # Memory that is given back to the kernel costs a fault a page when it is taken again.
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _NEVER)
        libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
        self._arena = arena
        self._function = function
        tensors = tensors_of(message.args)
        self._slots = [tuple(with_tensors(message.args, slot)) for slot in arena.slots(tensors, message.slots)]
        self._results: list[Any] = []
        gc.collect()
        gc.freeze()
        gc.disable()

    def run(self, block: Block) -> Done:
        """Run a block. The results are kept until the next one.

        Args:
            block: which slots.

        Raises:
            CannotCrossError: if a result is of a kind that cannot cross.
        """
        function, slots = self._function, self._slots[block.first : block.first + block.calls]
        self._results.clear()
        keep = self._results.append
        for args in slots:
            keep(function(*args))
        return describe(self._results, block.seq)


def describe(results: list[Any], seq: int) -> Done:
    """Where the results lie: pointers if each is one plain tensor of the same kind, else the values themselves.

    Args:
        results: of the calls.
        seq: of the request.
    """
    import torch

    first = results[0]
    if type(first) is torch.Tensor:
        shape, dtype = first.shape, first.dtype
        pointers = [
            out.data_ptr()
            for out in results
            if type(out) is torch.Tensor
            and out.dtype is dtype
            and out.shape == shape
            and out.is_cpu
            and out.is_contiguous()
            and not out.is_neg()
            and not out.is_conj()
        ]
        if len(pointers) == len(results):
            return Done(seq, pointers, (str(dtype).removeprefix("torch."), list(shape)))
    return Done(seq, [], None, list(results))
