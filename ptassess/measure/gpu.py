"""What the driver says of the accelerator while it is raced on: its clock, and what holds that down.

Read through NVML, NVIDIA's management library, in the judge and outside all timed blocks; without the package
``nvidia-ml-py``, or without a device, there is nothing to say.
"""

from __future__ import annotations

import functools
import importlib
import os
from dataclasses import dataclass
from typing import Any

# Bits of nvmlClocksEventReasons in nvml.h. Not among them: an idle device, and clocks that somebody has set.
_REASONS = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x10: "boost in step with other devices",
    0x20: "temperature",
    0x40: "temperature, by hardware",
    0x80: "power brake, by hardware",
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The device at one moment.

    Args:
        mhz: clock of its multiprocessors.
        throttled: what keeps it below the clock that it would have.
    """

    mhz: int
    throttled: tuple[str, ...] = ()


def read() -> Reading | None:
    """Ask the driver; None if it does not answer."""
    opened = _open()
    if opened is None:
        return None
    nvml, handle = opened
    # The second name is the one before driver 535; both are one function.
    names = "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"
    reasons = next(getattr(nvml, name) for name in names if hasattr(nvml, name))
    try:
        bits = reasons(handle)
        mhz = nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)
    except nvml.NVMLError:
        return None
    return Reading(mhz=mhz, throttled=tuple(told for bit, told in _REASONS.items() if bits & bit))


@functools.cache
def _open() -> tuple[Any, Any] | None:
    """The library and the device that workers are given: the first one that is visible."""
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return None
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0].strip()
    try:
        nvml.nvmlInit()
        by_number = first.isdecimal()
        return nvml, nvml.nvmlDeviceGetHandleByIndex(int(first)) if by_number else nvml.nvmlDeviceGetHandleByUUID(first)
    except nvml.NVMLError:
        return None
