"""Which machine this is: what a reader of a result needs to judge it, and one stable id."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import psutil

from ptassess.result import MachineFacts

_DECIDES_SPEED = ("cpu", "cores", "threads", "memory_gib", "gpus", "torch", "system", "architecture")


def machine_facts() -> MachineFacts:
    """Describe this machine; torch is asked only if it is already imported.

    Returns:
        The facts by name, sizes in GiB, and an id that changes only with what decides speed.
    """
    memory = psutil.virtual_memory()
    facts: dict[str, Any] = {
        "cpu": _cpu(),
        "cores": psutil.cpu_count(logical=False) or 0,
        "threads": psutil.cpu_count() or 0,
        "usable_threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(memory.total / 2**30, 1),
        "architecture": platform.machine(),
        "system": platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2),
        "gpus": [],
    }
    if (torch := sys.modules.get("torch")) is not None:
        facts |= {
            "torch": str(torch.__version__),
            "cuda_build": torch.version.cuda or "",
            "torch_threads": torch.get_num_threads(),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        }
        if torch.cuda.is_available():
            facts["gpus"] = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    stable = json.dumps({name: facts.get(name) for name in _DECIDES_SPEED}, sort_keys=True)
    return MachineFacts(id=hashlib.sha256(stable.encode()).hexdigest()[:16], facts=facts)


def _cpu() -> str:
    """The processor's name; platform.processor() is empty on Linux."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Processor")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
