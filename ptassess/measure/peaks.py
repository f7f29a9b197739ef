"""What this machine can do at best, measured, and the least time that follows from it for a task.

A peak that is too low would call an honest solution impossible, so everything here errs upwards: the best of many
repetitions and of several ways counts, a cache counts as fast as it is, and a product in low precision may be done by
the units of a higher one. Peaks are kept in the user's cache folder, by fingerprint.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from ptassess.machine import machine_facts
from ptassess.result import MachineFacts

if TYPE_CHECKING:
    import torch

IMPOSSIBLE = 1.10
"""Faster than the floor by more than this is no speed but a mistake or a trick; a choice without a
measurement behind it."""

_BUDGET = 2.0  # seconds for all peaks of a device
_LEAST = 3  # repetitions of a probe, whatever the time: the best of fewer is a neighbour's doing
_LAUNCHES = 20  # of a short kernel between two events of a CUDA stream: the device is not waiting for the next one
# Arrays are so many times the last-level cache, so that it holds next to nothing of them from one pass to the next.
_BEYOND_CACHE = 4
_DEFAULT_CACHE = 32 << 20  # bytes, where the system does not tell; more than most have

# Ways to a product of a dtype: its own, and those of a precision that is not less. TensorFloat-32 is float32 for
# whoever allows it; whether a solution may is for the check of its values to say.
_WAYS = {
    "float64": ("float64",),
    "float32": ("float32", "tfloat32", "float64"),
}
_OPERATIONS = {
    "cpu": ("float32", "float64", "bfloat16"),
    "cuda": ("float32", "tfloat32", "float64", "float16", "bfloat16"),
}
_SIDES = {"cpu": (256, 512, 1024, 2048), "cuda": (1024, 2048, 4096, 8192)}  # of square matrices, small ones first


# Calls something so many times and returns the seconds that a call took.
_Timer = Callable[[Callable[[], object], int], float]


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """The best that one device was seen to do.

    Attributes:
        device: as torch calls it: ``cpu``, ``cuda:0``.
        name: the device's own name; empty for the CPU.
        bandwidth: bytes read and written per second, in arrays far larger than any cache.
        bandwidths: the same by the bytes in use, for data that a cache holds as well; smaller sets are never slower.
        flops: operations per second of a matrix product, by dtype; a multiply-add is two.
        threads: of the CPU that took part.
        measured: when, ISO 8601, UTC.
        torch: version.
        machine: the fingerprint's id.
    """

    device: str
    name: str = ""
    bandwidth: float
    bandwidths: dict[int, float] = {}
    flops: dict[str, float] = {}
    threads: int = 1
    measured: str = ""
    torch: str = ""
    machine: str = ""


def measured(device: str = "cpu", *, again: bool = False, folder: Path | None = None) -> Peaks:
    """The peaks of a device, from the cache or measured now, which takes about 2 s.

    The CPU's are those of one thread, which is what a contestant has. Nothing else should run meanwhile: hold the
    device's lock. A peak from a busy machine is too low, so before a solution is called impossible, measure ``again``.

    Args:
        device: ``cpu``, ``cuda`` or ``cuda:0``.
        again: whether to measure although there is an entry in the cache; the better of both is kept.
        folder: where to keep them; by default ``ptassess`` in the user's cache folder.

    Returns:
        What was seen. Where the cache cannot be written, it is measured each time.

    Raises:
        RuntimeError: torch's, if the device is not here.
    """
    import torch

    on = torch.device(device)
    machine = machine_facts()
    path = (folder or _cache_folder()) / f"peaks-{machine.id}.json"
    known = _read(path)
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else ""
    before = known.get(str(on))
    if before is not None and (before.torch, before.name) != (str(torch.__version__), name):
        before = None
    if before is not None and not again:
        return before
    found = _measure(on, name, machine)
    if before is not None:
        found = _best_of(before, found)
    _write(path, known | {str(on): found})
    return found


def floor_seconds(bytes_moved: float, flops: float, dtype: Any, peaks: Peaks) -> float:
    """The least time that a task can take on a device.

    Args:
        bytes_moved: the fewest bytes that must be read and written.
        flops: the fewest operations, a multiply-add being two; those that no matrix unit can do count as well.
        dtype: torch's, or its name, such as ``float32``.
        peaks: of the device.

    Returns:
        Seconds: the longer of moving the bytes and of doing the operations; 0.0 where no peak bounds them.
    """
    # A task that moves few bytes has few in use, and a cache may hold them.
    bounds = [size for size in peaks.bandwidths if size <= bytes_moved]
    bandwidth = peaks.bandwidths[max(bounds)] if bounds else (math.inf if peaks.bandwidths else peaks.bandwidth)
    name = str(dtype).removeprefix("torch.")
    ways = [peaks.flops[way] for way in _WAYS.get(name, peaks.flops) if way in peaks.flops]
    return max(bytes_moved / bandwidth, flops / max(ways, default=math.inf))


def is_impossible(seconds: float, floor: float) -> bool:
    """Whether a time is below the floor by more than the peaks' own error.

    Args:
        seconds: of a call, as measured.
        floor: of ``floor_seconds``, in seconds.
    """
    return seconds * IMPOSSIBLE < floor


def least_seconds(
    floor: Callable[[Peaks], float], seconds: float, *, device: str = "cpu", folder: Path | None = None
) -> float:
    """The floor of work that took ``seconds``, from peaks measured again where that seems impossible.

    Args:
        floor: the least time in seconds, given a device's peaks: ``floor_seconds`` of the work.
        seconds: of a call, as measured.
        device: as for ``measured``.
        folder: as for ``measured``.

    Returns:
        Seconds. If ``is_impossible`` still says so of them, two measurements of the peaks do.
    """
    least = floor(measured(device, folder=folder))
    if is_impossible(seconds, least):  # a busy machine's peaks are too low
        least = floor(measured(device, again=True, folder=folder))
    return least


def with_peaks(machine: MachineFacts, peaks: Peaks) -> MachineFacts:
    """The facts of a machine with its peaks among them, under ``peaks``: GB/s and GFLOP/s, three digits.

    Args:
        machine: of ``machine_facts``.
        peaks: of one of its devices.
    """
    told = {f"{peaks.device}_gb_s": float(f"{peaks.bandwidth / 1e9:.3g}")}
    told |= {f"{peaks.device}_{dtype}_gflops": float(f"{rate / 1e9:.3g}") for dtype, rate in peaks.flops.items()}
    facts = machine.facts | {"peaks": machine.facts.get("peaks", {}) | told}
    return MachineFacts(id=machine.id, facts=facts)


def with_known_peaks(machine: MachineFacts) -> MachineFacts:
    """The facts of this machine with the peaks that the cache knows; nothing is measured.

    Args:
        machine: of ``machine_facts``.
    """
    for peaks in _read(_cache_folder() / f"peaks-{machine.id}.json").values():
        machine = with_peaks(machine, peaks)
    return machine


# -- measuring ---------------------------------------------------------------------------------------------------------


def _measure(on: torch.device, name: str, machine: MachineFacts) -> Peaks:
    import torch

    on_cuda = on.type == "cuda"
    timer = _cuda_seconds if on_cuda else _cpu_seconds
    dtypes = _OPERATIONS["cuda" if on_cuda else "cpu"]
    # Half of the time for the products, of which each dtype has its share; half for the arrays of each size.
    sizes = _sizes(on, machine)
    with _one_thread(), torch.no_grad():
        bandwidths = {size: _bandwidth(on, size, _BUDGET / 2 / len(sizes), timer) for size in sizes}
        flops = {dtype: _products(on, dtype, _BUDGET / 2 / len(dtypes), timer) for dtype in dtypes}
    for smaller, larger in reversed([*itertools.pairwise(sizes)]):
        bandwidths[smaller] = max(bandwidths[smaller], bandwidths[larger])
    return Peaks(
        device=str(on),
        name=name,
        bandwidth=bandwidths[sizes[-1]],
        bandwidths=bandwidths,
        flops={dtype: rate for dtype, rate in flops.items() if rate > 0},
        measured=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        torch=str(torch.__version__),
        machine=machine.id,
    )


def _sizes(on: torch.device, machine: MachineFacts) -> list[int]:
    """Bytes in use for which to measure: in the second-level cache, in the last one, and beyond it."""
    import torch

    if on.type == "cuda":
        cache = int(getattr(torch.cuda.get_device_properties(on), "L2_cache_size", 0)) or _DEFAULT_CACHE
        return [cache // 2, 2 * _BEYOND_CACHE * cache]
    second = int(machine.facts.get("cache_l2_kib", 0)) * 1024
    last = int(machine.facts.get("cache_l3_kib", 0)) * 1024 or second or _DEFAULT_CACHE
    # A quarter of what is free: a server's cache times eight is more than a small container has.
    beyond = min(2 * _BEYOND_CACHE * last, psutil.virtual_memory().available // 4)
    return sorted({size for size in (second // 2, last // 2) if 0 < size < beyond} | {beyond})


def _bandwidth(on: torch.device, size: int, seconds: float, timer: _Timer) -> float:
    """Bytes per second of the best of copying, reading and writing ``size`` bytes.

    Not of copying alone: a core that must read what it overwrites moves a third more than a copy is counted for, and a
    task that only reads would be called impossible.
    """
    rates = []
    times = _LAUNCHES if on.type == "cuda" else 1
    for call, idle, moved in _movements(on, size):
        # A call's constant cost is none of the memory's; what is left is kept away from zero.
        best = _best(call, seconds / 3, timer, times)
        rates.append(moved / max(best - _best(idle, 0.0, timer, times), best / 2))
    return max(rates)


def _movements(on: torch.device, size: int) -> Iterator[tuple[Callable[[], object], Callable[[], object], int]]:
    """Ways to move bytes: the call, the same call with hardly any data, and how many bytes it moves."""
    source, few = _filled(on, size // 8), _filled(on, 16)  # float32: half of the bytes for each of two arrays
    target, one = source.clone(), few.clone()
    yield lambda: target.copy_(source), lambda: one.copy_(few), size
    yield lambda: target.fill_(1.0), lambda: one.fill_(1.0), size // 2
    yield source.sum, few.sum, size // 2


def _products(on: torch.device, dtype: str, seconds: float, timer: _Timer) -> float:
    """Operations per second of the best matrix product; 0.0 where the device cannot multiply that dtype."""
    best, started = 0.0, time.perf_counter()
    with contextlib.suppress(RuntimeError, NotImplementedError), _precision(dtype):
        for side in _SIDES["cuda" if on.type == "cuda" else "cpu"]:
            a = _filled(on, side * side, "float32" if dtype == "tfloat32" else dtype).reshape(side, side)
            b, out = a.clone(), a.clone()
            took = _best(_product(a, b, out), seconds / 8, timer)
            best = max(best, 2 * side**3 / took)
            # The next one has eight times the operations; slow dtypes, such as emulated bfloat16, stay small.
            if time.perf_counter() - started + 8 * took * (_LEAST + 1) > seconds:
                break
    return best


def _product(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor) -> Callable[[], object]:
    import torch

    return lambda: torch.mm(a, b, out=out)


def _filled(on: torch.device, elements: int, dtype: str = "float32") -> torch.Tensor:
    """Written numbers: of untouched zeros the system would keep one page for all."""
    import torch

    return torch.full((elements,), 1.0 / 3.0, device=on, dtype=getattr(torch, dtype))


def _best(call: Callable[[], object], seconds: float, timer: _Timer, times: int = 1) -> float:
    """The least time of a call, in seconds, of at least a few and for about as long as was asked."""
    call()
    started, best, seen = time.perf_counter(), math.inf, 0
    while seen < _LEAST or time.perf_counter() - started < seconds:
        best = min(best, timer(call, times))
        seen += 1
    return max(best, 1e-9)  # a nanosecond: less no clock can tell


def _cpu_seconds(call: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times


def _cuda_seconds(call: Callable[[], object], times: int) -> float:
    """On the device's own clock."""
    import torch

    event: Any = torch.cuda.Event
    before, after = event(enable_timing=True), event(enable_timing=True)
    before.record()
    for _ in range(times):
        call()
    after.record()
    after.synchronize()
    return float(before.elapsed_time(after)) / 1e3 / times  # it says milliseconds


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _precision(dtype: str) -> Iterator[None]:
    """Whether float32 products may be done in TensorFloat-32: for that dtype only."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if dtype == "tfloat32" else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


# -- keeping -----------------------------------------------------------------------------------------------------------


def _best_of(one: Peaks, other: Peaks) -> Peaks:
    """The better of each figure; the rest is the other's."""

    def better(a: dict[Any, float], b: dict[Any, float]) -> dict[Any, float]:
        return {key: max(a.get(key, 0.0), b.get(key, 0.0)) for key in sorted(a.keys() | b.keys())}

    return msgspec.structs.replace(
        other,
        bandwidth=max(one.bandwidth, other.bandwidth),
        bandwidths=better(one.bandwidths, other.bandwidths),
        flops=better(one.flops, other.flops),
    )


def _cache_folder() -> Path:
    # An empty or a relative path does not count, as the XDG base directory specification says.
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not told.is_absolute():
        try:
            told = Path.home() / ".cache"
        except RuntimeError:  # a user without an entry, as in containers
            told = Path(tempfile.gettempdir())
    return told / "ptassess"


def _read(path: Path) -> dict[str, Peaks]:
    """What the cache knows by device; nothing if it is not there or broken."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Peaks])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    return {device: peaks for device, peaks in found.items() if _is_sound(peaks)}


def _is_sound(peaks: Peaks) -> bool:
    rates = [peaks.bandwidth, *peaks.bandwidths.values(), *peaks.flops.values()]
    return all(math.isfinite(rate) and rate > 0 for rate in rates)


def _write(path: Path, known: dict[str, Peaks]) -> None:
    """Whole or not at all; a cache that cannot be written costs the next process 2 s, not this one its run."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.stem, delete=False) as file:
            try:
                file.write(msgspec.json.encode(known))
                file.flush()
                Path(file.name).replace(path)
            finally:
                Path(file.name).unlink(missing_ok=True)
