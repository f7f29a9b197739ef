"""Memory of the judge's in which the inputs of timed calls lie: filled while the worker stands still, read in place.

Inputs that travel on the wire cost as much as a memory-bound call itself, and inputs that are there before the clock
starts can be worked on before it does. So the judge owns the memory, writes fresh inputs into it while the worker's
whole tree is stopped, and its clock starts with their going on. It is sealed against the worker's writes; the worker
maps it copy-on-write, so that a call that changes its inputs spoils its own copy only, and then has wrong results.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

_ALIGNMENT = 64  # bytes of a cache line, as torch's own allocator aligns
_F_ADD_SEALS = 1033  # linux/fcntl.h
_SEALS = 0x0001 | 0x0002 | 0x0004 | 0x0010  # no more seals, no shrinking, no growing, no new way to write
_MADV_POPULATE_READ = 22  # linux/mman.h, since 5.14


class Arena:
    """The inputs of some slots, each the arguments of one call.

    Args:
        memory: mapped.
        size: in bytes.
    """

    def __init__(self, memory: mmap.mmap, size: int) -> None:
        self._memory = memory
        self.size = size
        self.fd = -1

    @classmethod
    def of_judge(cls, size: int) -> Arena:
        """Make one; its descriptor ``fd`` is for the worker.

        Args:
            size: in bytes, above 0.
        """
        fd = os.memfd_create("ptassess-arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, size)
        arena = cls(mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE), size)
        fcntl.fcntl(fd, _F_ADD_SEALS, _SEALS)  # this mapping stays the only one through which it can be changed
        arena.fd = fd
        return arena

    @classmethod
    def of_worker(cls, fd: int, size: int) -> Arena:
        """Map one that the judge has made.

        Args:
            fd: as it was passed; closed here.
            size: in bytes.
        """
        memory = mmap.mmap(fd, size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
        os.close(fd)
        arena = cls(memory, size)
        arena._advise(_MADV_POPULATE_READ)
        return arena

    def slots(self, leaves: Sequence[torch.Tensor], count: int) -> list[list[torch.Tensor]]:
        """Tensors on the arena's memory, for each slot one like each of the leaves, from the arena's begin on.

        Args:
            leaves: of which shape and dtype is taken.
            count: of slots.
        """
        import torch

        place, found = 0, []
        for _ in range(count):
            slot = []
            for leaf in leaves:
                bytes_ = leaf.numel() * leaf.element_size()
                tensor = torch.empty(leaf.shape, dtype=leaf.dtype)
                if bytes_:
                    tensor = torch.frombuffer(self._memory, dtype=leaf.dtype, count=leaf.numel(), offset=place).view(
                        leaf.shape
                    )
                slot.append(tensor)
                place += _aligned(bytes_)
            found.append(slot)
        return found

    def close(self) -> None:
        """In the judge: let the memory go; the worker's mapping is its own."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _advise(self, advice: int) -> None:
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        ctypes.CDLL(None).madvise(ctypes.c_void_p(address), ctypes.c_size_t(self.size), advice)


def size_of(leaves: Sequence[torch.Tensor], count: int) -> int:
    """Bytes that an arena needs.

    Args:
        leaves: tensors of one slot.
        count: of slots.
    """
    return max(mmap.PAGESIZE, count * sum(_aligned(leaf.numel() * leaf.element_size()) for leaf in leaves))


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
