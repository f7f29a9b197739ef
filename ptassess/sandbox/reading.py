"""Results of timed calls, read from the memory of the worker that has named them.

A worker that has only named its result could still be computing it. So some bytes that nobody can foresee are read at
once, all of them by one call of the kernel's, and then the whole; it has to agree with them.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    import torch

    from ptassess.sandbox.wire import Done

_SPOTS = 8  # bytes of a result that are looked at first; each takes 0.7 µs


class _IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


_libc = ctypes.CDLL(None, use_errno=True)
_libc.process_vm_readv.restype = ctypes.c_ssize_t


class Spots:
    """Drawn bytes of some tensors, to be read in one step from another process' memory.

    Args:
        form: what the tensors are part of.
        sizes: of the tensors, in bytes.
        draw: what nobody can foresee.
    """

    def __init__(self, form: Done, sizes: list[int], draw: random.Random) -> None:
        self.form = form
        self.sizes = sizes
        tensors = [i for i, size in enumerate(sizes) if size]
        draw.shuffle(tensors)
        each = max(1, _SPOTS // max(1, len(tensors)))
        self._places = [(i, draw.randrange(sizes[i])) for i in tensors[:_SPOTS] for _ in range(each)]
        count = len(self._places)
        self._target = bytearray(count or 1)
        self._ours = _IoVec(ctypes.addressof(ctypes.c_char.from_buffer(self._target)), count)
        self._theirs = (_IoVec * count)(*(_IoVec(0, 1) for _ in self._places))
        self._rehearsed = (_IoVec * count)(*(_IoVec(self._ours.base, 1) for _ in self._places))
        self._aimed: Sequence[int] = ()

    def rehearse(self, pointers: Sequence[int]) -> None:
        """Do what ``read`` does with memory of this process: what was done a moment ago is done in half the time.

        Args:
            pointers: where the tensors will most likely begin.
        """
        self._aim(pointers)
        self._read(os.getpid(), self._rehearsed)

    def read(self, pid: int, pointers: Sequence[int]) -> bytes | None:
        """Read them; None if not all could be.

        Args:
            pid: a descendant of this process.
            pointers: where the tensors begin.
        """
        if pointers != self._aimed:
            self._aim(pointers)
        return self._read(pid, self._theirs)

    def _aim(self, pointers: Sequence[int]) -> None:
        for spot, (tensor, at) in zip(self._theirs, self._places, strict=True):
            spot.base = pointers[tensor] + at
        self._aimed = pointers

    def _read(self, pid: int, places: ctypes.Array[_IoVec]) -> bytes | None:
        count = len(self._places)
        if count and _libc.process_vm_readv(pid, ctypes.byref(self._ours), 1, places, count, 0) != count:
            return None
        return bytes(self._target[:count])

    def agree(self, seen: bytes, tensors: Sequence[bytearray]) -> bool:
        """Whether the tensors' bytes are those that were read.

        Args:
            seen: what ``read`` gave.
            tensors: all of their bytes.
        """
        return all(tensors[tensor][at] == byte for (tensor, at), byte in zip(self._places, seen, strict=True))


def read_memory(pid: int, pointer: int, size: int) -> bytearray | None:
    """Read another process' memory, as ``process_vm_readv(2)`` does.

    Args:
        pid: a descendant of this process.
        pointer: where it begins.
        size: in bytes.

    Returns:
        What lies there; None if not all of it could be read.
    """
    target = bytearray(size)
    if size:
        ours = _IoVec(ctypes.addressof(ctypes.c_char.from_buffer(target)), size)
        theirs = _IoVec(pointer, size)
        if _libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) != size:
            return None
    return target


def tensor_of(raw: bytearray, dtype: str, shape: list[int]) -> torch.Tensor:
    """A tensor of bytes that were read.

    Args:
        raw: the bytes, as many as it has.
        dtype: of it.
        shape: of it.
    """
    import torch

    kind: torch.dtype = getattr(torch, dtype)
    if not raw:
        return torch.empty(shape, dtype=kind)
    flat = torch.frombuffer(raw, dtype=torch.uint8)
    return flat.ne(0).view(shape) if dtype == "bool" else flat.view(kind).view(shape)
