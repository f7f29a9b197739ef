"""In the worker: what a timed block needs of an accelerator, taken hold of before the candidate's first line.

A function that is held in a closure stays what it was: a solution that replaces ``torch.cuda.synchronize`` or leaves a
mode of torch's switched on changes nothing here. Whoever goes further and rewrites this process can still lie with it;
that is why what the judge relies on is its own clock, and results that it asks for when the calls are said to be over.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


@dataclass(frozen=True, kw_only=True)
class Device:
    """An accelerator as blocks of calls see it.

    Args:
        kind: torch's word for where its tensors lie.
        to_device: a nested value with copies of its tensors there; the host waits for them.
        synchronise: waits until all that was asked of the device, on whichever stream, is done.
        flush: has the device's caches hold nothing of the inputs.
        to_host: a nested value with contiguous copies of its tensors in host memory; the host waits for them.
    """

    kind: str
    to_device: Callable[[Any], Any]
    synchronise: Callable[[], None]
    flush: Callable[[], None]
    to_host: Callable[[Any], Any]


CPU = "cpu"
"""The device that needs nothing of all this: results are read where they lie."""


def of(name: str) -> Device:
    """Open a device, once a process.

    Args:
        name: ``cuda``, or the path of a Python file whose function ``open_device`` gives a stand-in, for tests on a
            machine without an accelerator. The judge says which, never the solution.

    Raises:
        RuntimeError: if it is not here.
        KeyError: if there is none of that name.
    """
    return _stand_in(name) if name.endswith(".py") else {"cuda": _cuda}[name]()


def mapped(value: Any, move: Callable[[torch.Tensor], torch.Tensor], plain: type) -> Any:
    """A nested value of lists, tuples and dicts with something else in the places of its tensors.

    Args:
        value: as the wire brings it; what is of any other kind stays as it is.
        move: gives what comes in a tensor's place.
        plain: ``torch.Tensor``; one of a subclass stays as it is.
    """
    kind = type(value)
    if kind is plain:
        return move(value)
    if kind is tuple or kind is list:
        return kind([mapped(part, move, plain) for part in value])
    if kind is dict:
        return {key: mapped(part, move, plain) for key, part in value.items()}
    return value


def _cuda() -> Device:
    # One device only, counted as NVML counts (CUDA's own order is by speed): the judge reads the clock of this one,
    # and a candidate who moves to another would not be waited for.
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]

    import torch

    there = torch.device("cuda", 0)
    cache = torch.cuda.get_device_properties(there).L2_cache_size
    # torch.cuda.synchronize is Python, and can be replaced; this one waits for all streams of the device.
    return held(there, 2 * cache, torch._C._cuda_synchronize)  # noqa: SLF001


def held(there: torch.device, flushes: int, synchronise: Callable[[], None]) -> Device:
    """A device of torch's, with the native functions that copy and write as they are now.

    Args:
        there: where its tensors lie.
        flushes: bytes that are written to flush its caches.
        synchronise: waits for it.
    """
    import torch

    here, plain, mapped_ = torch.device("cpu"), torch.Tensor, mapped
    # On CUDA this makes the context, which takes part of a second: here, and not in the first call.
    scratch = torch.empty(flushes, dtype=torch.uint8, device=there)
    native: Any = torch._C  # noqa: SLF001
    to, contiguous, zero = (getattr(native.TensorBase, name) for name in ("to", "contiguous", "zero_"))
    # Modes that a solution leaves switched on would see each copy, and could work on what is copied.
    no_functions, no_dispatch = native.DisableTorchFunction, native._DisableTorchDispatch  # noqa: SLF001

    def up(leaf: torch.Tensor) -> Any:
        return to(leaf, there)

    def down(leaf: torch.Tensor) -> Any:
        return to(contiguous(leaf), here)  # in that order: another layout is no reason for a slow copy

    def to_device(value: Any) -> Any:
        with no_functions(), no_dispatch():
            return mapped_(value, up, plain)

    def to_host(value: Any) -> Any:
        with no_functions(), no_dispatch():
            return mapped_(value, down, plain)

    def flush() -> None:
        with no_functions(), no_dispatch():
            zero(scratch)

    return Device(kind=there.type, to_device=to_device, synchronise=synchronise, flush=flush, to_host=to_host)


def _stand_in(path: str) -> Device:
    spec = importlib.util.spec_from_file_location("stand_in", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["stand_in"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Device", module.open_device())
