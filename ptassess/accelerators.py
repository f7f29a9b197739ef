"""Which accelerators this machine has, from whoever can tell without making the driver start up."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any


def devices(root: Path = Path("/")) -> list[dict[str, Any]]:
    """The devices that this process may use.

    NVIDIA's library is asked where its package ``nvidia-ml-py`` is installed, else torch where it is imported, else the
    driver's files, which know names only. Nothing here raises.

    Args:
        root: the folder in which ``/proc`` is looked for.

    Returns:
        The facts of each by name, ``name`` always: memory in GiB, clocks in MHz, power in W, temperature in °C.
    """
    for ask in (_by_nvml, _by_torch, _by_driver):
        with suppress(Exception):  # an odd driver is no reason to lose a run
            if found := ask(root):
                return found
    return []


def _by_nvml(_root: Path) -> list[dict[str, Any]]:
    nvml = importlib.import_module("pynvml")
    nvml.nvmlInit()
    try:
        handles = []
        for wanted in _visible(nvml.nvmlDeviceGetCount()):
            by_number = isinstance(wanted, int)
            ask = nvml.nvmlDeviceGetHandleByIndex if by_number else nvml.nvmlDeviceGetHandleByUUID
            handles.append(ask(wanted))
        return [_device(nvml, handle) for handle in handles]
    finally:
        nvml.nvmlShutdown()


def _device(nvml: Any, handle: Any) -> dict[str, Any]:
    """One device as the driver describes it; an old card or driver does not answer everything."""
    questions: dict[str, Callable[[], Any]] = {
        "memory_gib": lambda: round(nvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30, 1),
        "capability": lambda: ".".join(map(str, nvml.nvmlDeviceGetCudaComputeCapability(handle))),
        "driver": lambda: _string(nvml.nvmlSystemGetDriverVersion()),
        "power_limit_w": lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle) // 1000,  # it says milliwatts
        "clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        "clock_max_mhz": lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
        "memory_clock_max_mhz": lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_MEM),
        "temperature_c": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        "persistence": lambda: bool(nvml.nvmlDeviceGetPersistenceMode(handle)),
        "ecc": lambda: bool(nvml.nvmlDeviceGetEccMode(handle)[0]),
        "mig": lambda: bool(nvml.nvmlDeviceGetMigMode(handle)[0]),
        # All but "idle" and clocks that somebody set: nvmlClocksEventReasons in nvml.h.
        "throttled": lambda: bool(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle) & 0xFC),
    }
    found = {"name": _string(nvml.nvmlDeviceGetName(handle))}
    for name, ask in questions.items():
        with suppress(Exception):
            found[name] = ask()
    return found


def _visible(count: int) -> Iterable[int | str]:
    """The devices that CUDA_VISIBLE_DEVICES leaves, by number or UUID; CUDA stops at the first that is none."""
    text = os.environ.get("CUDA_VISIBLE_DEVICES")
    if text is None:
        return range(count)
    chosen: list[int | str] = []
    for part in (part.strip() for part in text.split(",")):
        if part.isdecimal() and int(part) < count:
            chosen.append(int(part))
        elif part.startswith("GPU-"):
            chosen.append(part)
        else:
            break
    return chosen


def _by_torch(_root: Path) -> list[dict[str, Any]]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    found = []
    for index in range(torch.cuda.device_count()):
        told = torch.cuda.get_device_properties(index)
        found.append({
            "name": told.name,
            "memory_gib": round(told.total_memory / 2**30, 1),
            "capability": f"{told.major}.{told.minor}",
            "multiprocessors": told.multi_processor_count,
        })  # fmt: skip
    return found


def _by_driver(root: Path) -> list[dict[str, Any]]:
    told = [_text(path) for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information"))]
    models = [found[1] for text in told if (found := re.search(r"Model:\s*(.+)", text))]
    return [{"name": models[index]} for index in _visible(len(models)) if isinstance(index, int)]


def _string(told: str | bytes) -> str:
    """Old versions of NVIDIA's package answer in bytes."""
    return told.decode() if isinstance(told, bytes) else told


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
