"""The judge's side of a race: one worker that runs blocks of calls, with the judge's clock around each.

What the clock covers begins with the worker's whole tree going on and ends when it stands still again. Its inputs were
written while it stood still, and its results are read from its memory while it stands still, so nothing can be worked
on before the clock or after it: a result that is not there when the clock stops is not there.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ptassess.errors import SolutionProtocol, SolutionTimeout
from ptassess.sandbox import processes
from ptassess.sandbox.arena import Arena, size_of, tensors_of
from ptassess.sandbox.channel import Closed, Deadline
from ptassess.sandbox.solution import error_of, sequence
from ptassess.sandbox.wire import (
    DTYPES,
    MAX_DIMS,
    MAX_PAYLOAD,
    Block,
    Done,
    Prepare,
    Raised,
    Value,
    WireError,
    decode,
    encode,
    itemsize,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from ptassess.sandbox.solution import Closing
    from ptassess.sandbox.wall import ProcessLink
    from ptassess.sandbox.wire import Message


@dataclass(frozen=True, kw_only=True)
class Lap:
    """One block, as the judge saw it.

    Args:
        seconds: from going on to standing still, without the time that the worker was ready and had no core.
        waited: that time.
        done: where the results lie.
    """

    seconds: float
    waited: float
    done: Done


class Contestant:
    """One worker in a race; it stands still except within ``lap``.

    Args:
        link: to the worker, whose arena was passed to it.
        arena: the judge's end.
        name: of the function.
        shown_as: the solution's name in messages.
        seconds: deadline of one call.
    """

    def __init__(self, link: ProcessLink, arena: Arena, *, name: str, shown_as: str, seconds: float) -> None:
        self._link = link
        self._arena = arena
        self._name = name
        self._shown_as = shown_as
        self._seconds = seconds
        self._stopped: list[int] = []
        self._slots: list[list[torch.Tensor]] = []

    def prepare(self, args: Sequence[Any], slots: int, *, source: str | None = None, idle: Any = None) -> None:
        """Have the worker import the solution and lay out its slots; it stands still afterwards.

        Args:
            args: of one call; the tensors of all calls are like these, everything else is the same.
            slots: how many calls' inputs there is room for.
            source: of the probes, if the function is one of theirs.
            idle: a value that each call gives, of a contestant that does nothing.

        Raises:
            SolutionError: if the function is not there.
        """
        self._slots = self._arena.slots(tensors_of(list(args)), slots)
        request = Prepare(sequence(), self._name, list(args), slots, source, idle, idle is not None)
        reply = self._exchange(request, self._seconds)
        if not isinstance(reply, Value) or reply.seq != request.seq:
            raise SolutionProtocol(f"{self._name}: the solution's process sent a message that answers no request")
        self._stopped = processes.stop_tree(self._link.pid)

    def fill(self, slot: int, args: Sequence[Any]) -> None:
        """Write the inputs of one call.

        Args:
            slot: which.
            args: of the call.
        """
        for place, tensor in zip(self._slots[slot], tensors_of(list(args)), strict=True):
            place.copy_(tensor)

    def lap(self, first: int, calls: int) -> Lap:
        """Run a block, by the judge's clock.

        Args:
            first: slot.
            calls: how many.

        Raises:
            SolutionError: if the block did not come to its end.
        """
        pid = self._link.pid
        request = Block(sequence(), first, calls)
        buffers = encode(request)
        waited_before, others_before = processes.waited_and_ran(pid)
        began = time.perf_counter()
        processes.resume(self._stopped)
        reply = self._send(buffers, began + self._seconds * calls)
        self._stopped = processes.stop_tree(pid)
        seconds = time.perf_counter() - began
        waited, others = processes.waited_and_ran(pid)
        # While another thread of its own ran, its first one's waiting was of its own making.
        waited = max(0.0, (waited - waited_before) - (others - others_before))
        if not isinstance(reply, Done) or reply.seq != request.seq:
            raise SolutionProtocol(f"{self._name}: the solution's process sent a message that answers no request")
        if reply.form is not None and len(reply.pointers) != calls:
            raise SolutionProtocol(f"{self._name}: {len(reply.pointers)} results of {calls} calls")
        return Lap(seconds=max(0.0, seconds - waited), waited=waited, done=reply)

    def result(self, done: Done, index: int) -> Any:
        """What one call of the last block returned, read from the memory of the worker that stands still.

        Args:
            done: of the block.
            index: of the call.

        Raises:
            SolutionProtocol: if nothing of that size is there.
        """
        if done.form is None:
            values = done.value
            if not isinstance(values, list) or index >= len(values):
                raise SolutionProtocol(f"{self._name}: no result of call {index}")
            return values[index]
        return self._read(done.pointers[index], *done.form)

    def affinity(self) -> set[int]:
        """The cores on which the worker's threads and children may run."""
        cores: set[int] = set()
        for pid in self._stopped:
            for thread in processes.threads_of(pid):
                with contextlib.suppress(OSError):
                    cores |= os.sched_getaffinity(thread)
        return cores

    def pin(self, core: int) -> None:
        """Keep the worker's threads on one core.

        Args:
            core: its number.
        """
        for thread in processes.threads_of(self._link.pid):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(thread, {core})

    def spin(self, seconds: float) -> None:
        """Ask for answers without pause for so long, before going to sleep.

        Args:
            seconds: at most.
        """
        self._link.channel.spin = seconds

    def close(self) -> Closing:
        """End the worker."""
        closing = self._link.close()
        self._arena.close()
        return closing

    def _exchange(self, request: Message, seconds: float) -> Message:
        return self._send(encode(request), time.perf_counter() + seconds)

    def _send(self, buffers: list[bytes | memoryview], deadline: float) -> Message:
        # time.monotonic and time.perf_counter are one clock on Linux.
        channel = self._link.channel
        try:
            channel.send(buffers, deadline)
            reply = decode(*channel.receive(deadline))
        except Deadline:
            self._link.close()
            raise SolutionTimeout(f"{self._name} did not return within {self._seconds:g} s") from None
        except WireError as error:
            self._link.close()
            raise SolutionProtocol(f"{self._name}: the solution's process sent {error}") from None
        except Closed:
            raise self._link.why_it_ended(self._name) from None
        if isinstance(reply, Raised):
            raise error_of(reply, self._shown_as, self._name)
        return reply

    def _read(self, pointer: int, dtype: str, shape: list[int]) -> torch.Tensor:
        import torch

        fair = dtype in DTYPES and len(shape) <= MAX_DIMS and all(0 <= side <= MAX_PAYLOAD for side in shape)
        size = math.prod(shape) * itemsize(dtype) if fair else 0
        if not fair or size > self._link.answer_bytes:
            raise SolutionProtocol(f"{self._name}: a result of an impossible shape")
        kind: torch.dtype = getattr(torch, dtype)
        if not size:
            return torch.empty(shape, dtype=kind)
        target = bytearray(size)
        if read_memory(self._link.pid, pointer, target) != size:
            raise SolutionProtocol(f"{self._name}: no result at the place that it named")
        raw = torch.frombuffer(target, dtype=torch.uint8)
        return raw.ne(0).view(shape) if dtype == "bool" else raw.view(kind).view(shape)


class _IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def read_memory(pid: int, pointer: int, target: bytearray) -> int:
    """Read another process' memory, as ``process_vm_readv(2)`` does.

    Args:
        pid: a descendant of this process.
        pointer: where.
        target: filled as far as possible.

    Returns:
        Bytes read; -1 if none could be.
    """
    ours = _IoVec(ctypes.addressof(ctypes.c_char.from_buffer(target)), len(target))
    theirs = _IoVec(pointer, len(target))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.process_vm_readv.restype = ctypes.c_ssize_t
    return int(libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0))


def arena_for(args: Sequence[Any], slots: int) -> Arena:
    """An arena that has room for so many calls.

    Args:
        args: of one call.
        slots: how many.
    """
    return Arena.of_judge(size_of(tensors_of(list(args)), slots))
