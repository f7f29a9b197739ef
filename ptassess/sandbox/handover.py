"""How the inputs of timed calls come to a worker: through memory that it shares with the judge, one call at a time.

Inputs that travel on the wire cost as much as a memory-bound call itself, inputs that are there before the clock starts
can be worked on before it does, and who sees those of several calls at once can compute them at once. So there is room
for one call's only, and the judge writes them when the one before has named its result: by its own clock, or, where the
writing takes long beside the call, while the worker's whole tree stands still.

Orders and answers are words of the same memory, which both sides ask for without pause: a message on a socket takes ten
times as long, and not always the same.
"""

from __future__ import annotations

import mmap
import os
import platform
import threading
from time import monotonic, sleep  # a solution may replace what is in the module
from typing import TYPE_CHECKING, Any

from ptassess.sandbox.devices import mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

GO, FETCH = 1, 2
"""Orders: make a call; copy what it returned from the accelerator into host memory."""
MOST_PLACES = 500
_ALIGNMENT = 64  # bytes of a cache line, as torch's own allocator aligns
_HEAD = 4096  # bytes before the inputs
_ORDER, _NUMBER, _ANSWER, _PLACES = 0, 8, 16, 24  # words of the head, each on a cache line of its own
_ONES = 2**64 - 1
_PATIENCE = 2000  # times of asking before something else is looked at, about 0.2 ms
_NAP = 50e-6  # seconds between two times of asking where nobody may spin


class Window:
    """The memory, as one side sees it.

    Args:
        file: descriptor of the memory; the caller keeps it.
        args: of one call; those of all calls are like them.
        spin: seconds of asking without pause, before pausing each time.
    """

    def __init__(self, file: int, args: Any, spin: float) -> None:
        import torch

        tensors = tensors_of(args)
        flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
        memory = mmap.mmap(file, size_of(tensors), flags, mmap.PROT_READ | mmap.PROT_WRITE)
        self._words = memoryview(memory)[:_HEAD].cast("Q")
        self._spin = spin
        place, self._tensors = _HEAD, []
        for leaf in tensors:
            count = leaf.numel()
            tensor = torch.empty(leaf.shape, dtype=leaf.dtype)
            if count:
                flat = torch.frombuffer(memory, dtype=leaf.dtype, count=count, offset=place)
                tensor = flat.view(leaf.shape)
            self._tensors.append(tensor)
            place += _aligned(tensor.nbytes)
        self._args = with_tensors(args, self._tensors)
        self._plain, self._fresh = torch.Tensor, torch.Tensor.detach

    def write(self, tensors: Sequence[torch.Tensor]) -> None:
        """In the judge: write the inputs of the next call.

        Args:
            tensors: of its arguments, as ``tensors_of`` gives them.
        """
        for place, tensor in zip(self._tensors, tensors, strict=True):
            place.copy_(tensor)

    def order(self, what: int, look: Callable[[], None]) -> bool:
        """In the judge: give an order, and wait for its answer.

        Args:
            what: ``GO`` or ``FETCH``.
            look: called now and then while there is no answer; may raise.

        Returns:
            Whether the places of the result are all that there is to say; else a frame follows on the channel.
        """
        number = int.from_bytes(os.urandom(8), "little") | 1  # nobody answers an order that was not given
        words, framed = self._words, number ^ _ONES
        words[_ORDER] = what
        _fence()
        words[_NUMBER] = number
        until, patience = 0.0, _PATIENCE
        while (answer := words[_ANSWER]) != number and answer != framed:
            patience -= 1
            if not patience:
                look()
                until, patience = until or monotonic() + self._spin, _PATIENCE
                if monotonic() > until:
                    sleep(_NAP)
                    patience = 1
        _fence()
        return answer == number

    def places(self, count: int) -> list[int]:
        """In the judge: where the tensors of the last result lie, as the worker says.

        Args:
            count: how many.
        """
        return self._words[_PLACES : _PLACES + count].tolist()

    def next_order(self) -> int:
        """In the worker: wait for an order.

        Returns:
            ``GO`` or ``FETCH``.
        """
        words = self._words
        last = words[_NUMBER]
        if words[_ANSWER] in {last, last ^ _ONES} or not last:
            until = monotonic() + self._spin
            while words[_NUMBER] == last:
                if monotonic() > until:
                    sleep(_NAP)
        _fence()
        return words[_ORDER]

    def answer(self, places: Sequence[int] | None) -> None:
        """In the worker: answer an order.

        Args:
            places: of the result's tensors; None if a frame follows.
        """
        words = self._words
        number = words[_NUMBER]
        for i, place in enumerate(places or ()):
            words[_PLACES + i] = place
        _fence()
        words[_ANSWER] = number if places is not None else number ^ _ONES

    def args(self) -> Any:
        """In the worker: the arguments of a call, with tensors of their own.

        What a call notes on a tensor, such as a gradient, is not there in the next call.
        """
        return mapped(self._args, self._fresh, self._plain)


def _fence() -> None:
    """Have all that was read and written before it come before all that is after it, as the other side sees it.

    x86 keeps writes in order, and reads as well (Intel 64 and IA-32 Architectures Software Developer's Manual, volume
    3, "Memory Ordering"); that a read may overtake an earlier write is no matter here. ARM reorders freely; there a
    release that an acquire follows is kept in order with it (Arm Architecture Reference Manual, B2.3,
    "Barrier-ordered-before"), and two locks make a release that an acquire follows.
    """
    if _REORDERS:
        with _LOCK:
            pass
        with _LOCK:
            pass


_LOCK = threading.Lock()
_REORDERS = platform.machine() not in {"x86_64", "AMD64"}


def memory_for(args: Sequence[Any]) -> int:
    """Memory that has room for the tensors of one call's arguments.

    Args:
        args: of a call.

    Returns:
        Its descriptor, which the caller closes.
    """
    file = os.memfd_create("ptassess-inputs", os.MFD_CLOEXEC)
    os.ftruncate(file, size_of(tensors_of(list(args))))
    return file


def size_of(tensors: Sequence[torch.Tensor]) -> int:
    """Bytes of memory with some tensors.

    Args:
        tensors: of one call.
    """
    return _HEAD + sum(_aligned(tensor.nbytes) for tensor in tensors)


def tensors_of(value: Any) -> list[torch.Tensor]:
    """The tensors in a nested value, in order.

    Args:
        value: of lists, tuples, dicts and leaves.
    """
    from torch.utils._pytree import tree_leaves

    return [leaf for leaf in tree_leaves(value) if _is_tensor(leaf)]


def with_tensors(value: Any, tensors: Sequence[torch.Tensor]) -> Any:
    """A nested value with other tensors in the places of its own.

    Args:
        value: of lists, tuples, dicts and leaves.
        tensors: as many as it has.
    """
    from torch.utils._pytree import tree_map

    rest = iter(tensors)
    return tree_map(lambda leaf: next(rest) if _is_tensor(leaf) else leaf, value)


def _is_tensor(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
