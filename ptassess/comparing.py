"""Which two runs may be compared as absolute times, and which only as ratios to a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ptassess.result import MachineFacts


def _exactly(value: Any) -> Any:
    return value


def _minor(version: Any) -> str:
    """The first two numbers: a patch of Python or of the kernel seldom changes how fast it is."""
    return ".".join(str(version).split(".")[:2])


# What must agree, in the order of its weight: fact, what a reader calls it, and what of it counts.
_MUST_AGREE: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("cpu", "CPU", _exactly),
    ("cpu_family", "CPU family", _exactly),
    ("cpu_model", "CPU model", _exactly),
    ("vector_extensions", "set of vector instructions", _exactly),
    ("architecture", "architecture", _exactly),
    ("cores", "number of cores", _exactly),
    ("threads", "number of hardware threads", _exactly),
    ("cache_l3_kib", "last-level cache (KiB)", _exactly),
    ("hypervisor", "hypervisor", _exactly),
    ("gpus", "GPU", lambda names: sorted({*names})),
    ("gpu_driver", "GPU driver", _exactly),
    ("system", "system", _exactly),
    ("kernel", "kernel", _minor),
    ("libc", "libc", _exactly),
    ("torch", "torch", _exactly),
    ("torch_debug", "kind of torch build (debug)", _exactly),
    ("cuda_build", "CUDA", _exactly),
    ("cudnn", "cuDNN", _exactly),
    ("blas", "BLAS", _exactly),
    ("mkl", "MKL", _exactly),
    ("onednn", "oneDNN", _exactly),
    ("cpu_capability", "CPU capability of torch", _exactly),
    ("float32_matmul_precision", "precision of float32 products", _exactly),
    ("python", "Python", _minor),
    ("python_implementation", "kind of Python", _exactly),
    ("python_gil", "global interpreter lock", _exactly),
    ("usable_threads", "number of usable threads", _exactly),
    ("torch_threads", "number of torch's threads", _exactly),
    ("cpu_quota", "CPU quota (cores)", _exactly),
    ("smt", "setting of SMT", _exactly),
    ("governor", "governor", _exactly),
    ("frequency_driver", "frequency driver", _exactly),
    ("frequency_max_mhz", "highest clock (MHz)", _exactly),
    ("turbo", "setting of turbo", _exactly),
    ("huge_pages", "setting of huge pages", _exactly),
    ("isolated_cpus", "set of isolated CPUs", _exactly),
    ("niceness", "niceness", _exactly),
)
_OF_A_GPU = {
    "memory_gib": "memory (GiB)",
    "capability": "capability",
    "driver": "driver",
    "power_limit_w": "power limit (W)",
    "clock_max_mhz": "highest clock (MHz)",
    "ecc": "setting of ECC",
    "mig": "setting of MIG",
}
# A convention, not measured: half a busy neighbour a thread.
_LOAD = 0.5
# A peak is the best of several; two measurements of one quiet machine differ by less than the margin of a floor.
_PEAK = 1.10


def comparable(a: MachineFacts, b: MachineFacts) -> tuple[str, ...]:
    """Say what speaks against comparing two runs' times in seconds; ratios to a baseline compare anyway.

    Args:
        a: where the first run was.
        b: where the second run was.

    Returns:
        The reasons, a line each, the weightiest first, the first run named first; empty if the times compare.
    """
    if not a.facts or not b.facts:
        return ("the machine of one run is not recorded",)
    reasons = [*_differences(a.facts, b.facts), *_gpus(a.facts, b.facts), *_environment(a.facts, b.facts)]
    reasons += [*_state(a.facts, b.facts), *_peaks(a.facts, b.facts)]
    if missing := _missing(a.facts, b.facts):
        reasons.append(f"recorded for one of the two only: {', '.join(missing)}")
    if not reasons and a.id != b.id:
        reasons.append(f"another fingerprint: {a.id} and {b.id}")
    return tuple(reasons)


def _differences(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    for name, words, what_counts in _MUST_AGREE:
        one, other = a.get(name), b.get(name)
        if one is not None and other is not None and what_counts(one) != what_counts(other):
            yield _another(words, one, other)


def _missing(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    return [words for name, words, _ in _MUST_AGREE if (a.get(name) is None) != (b.get(name) is None)]


def _gpus(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    """Differences of the first device, which a race is given."""
    one, other = a.get("gpu_0", {}), b.get("gpu_0", {})
    for name, words in _OF_A_GPU.items():
        if name in one and name in other and one[name] != other[name]:
            yield _another(f"GPU {words}", one[name], other[name])


def _environment(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    one, other = a.get("environment", {}), b.get("environment", {})
    for name in sorted({*one, *other}):
        if one.get(name) != other.get(name):
            yield _another(name, one.get(name, "not set"), other.get(name, "not set"))


def _state(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    """What passes: the load, and clocks held down."""
    loads = [facts.get("load_1min", 0.0) / max(1, facts.get("usable_threads") or 1) for facts in (a, b)]
    if abs(loads[0] - loads[1]) > _LOAD:
        yield _another("load for each usable thread", *(round(load, 2) for load in loads))
    for which, facts in (("first", a), ("second", b)):
        if facts.get("throttled") or facts.get("gpu_0", {}).get("throttled"):
            yield f"throttled: the clock of the {which} run was held down"


def _peaks(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    """The same machine on paper may be a slower one: a neighbour in the cloud, dust in a laptop."""
    one, other = a.get("peaks", {}), b.get("peaks", {})
    for name in sorted(one.keys() & other.keys()):
        low, high = sorted((one[name], other[name]))
        if high > _PEAK * low:
            yield _another(f"measured peak, {name.replace('_', ' ')}", one[name], other[name])


def _another(words: str, one: Any, other: Any) -> str:
    return f"another {words}: {_told(one)} and {_told(other)}"


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value) or "none"
