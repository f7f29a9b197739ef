"""Which machine this is: what a reader of a result needs to judge it, one stable id, and what may be compared.

Nothing personal is read: no host or user name, no serial number, no path.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from ptassess.accelerators import devices
from ptassess.result import MachineFacts

_ROOT = Path("/")
_CPU = "sys/devices/system/cpu"

# The id is the hardware and its share that one process can have. How this process is set up (affinity, OMP_NUM_THREADS,
# governor, drivers) is left to `comparable`: a judge that pins itself to a core must not become another machine.
# The processor by its numbers too: a cloud calls every generation "AMD EPYC", and ARM's name is in no file.
_DECIDES_SPEED = (
    "cpu", "cpu_vendor", "cpu_family", "cpu_model", "cache_l3_kib", "cores", "threads", "cpu_quota", "system",
    "architecture",
)  # fmt: skip
# Installed memory in GiB comes in these sizes; what the system reports is a little less, by an amount that each kernel
# changes, so that the next size up is what is installed.
_MEMORY_SIZES = [size << power for power in range(14) for size in (2, 3)]

_PACKAGES = (
    "torch", "torchvision", "numpy", "scipy", "triton", "pytest", "pytest-benchmark", "nvidia-ml-py", "ptassess",
)  # fmt: skip
_VARIABLES = re.compile(r"(OMP|MKL|KMP|CUDA|PYTORCH|TORCH|ATEN|GOMP|OPENBLAS|DNNL|ONEDNN)_\w+|GLIBC_TUNABLES")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_VECTOR = (
    "sse4_2", "avx", "fma", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16",
    "asimd", "asimdhp", "bf16", "i8mm", "sve", "sve2",
)  # fmt: skip
# What sysctl of macOS calls the facts; sizes in bytes, rates in hertz.
_SYSCTL: dict[str, tuple[str, Callable[[str], Any]]] = {
    "machdep.cpu.brand_string": ("cpu", str),
    "machdep.cpu.vendor": ("cpu_vendor", str),
    "machdep.cpu.family": ("cpu_family", str),
    "machdep.cpu.model": ("cpu_model", str),
    "machdep.cpu.stepping": ("cpu_stepping", str),
    "machdep.cpu.microcode_version": ("microcode", str),
    "hw.packages": ("sockets", int),
    "hw.l1dcachesize": ("cache_l1d_kib", lambda text: int(text) // 1024),
    "hw.l1icachesize": ("cache_l1i_kib", lambda text: int(text) // 1024),
    "hw.l2cachesize": ("cache_l2_kib", lambda text: int(text) // 1024),
    "hw.l3cachesize": ("cache_l3_kib", lambda text: int(text) // 1024),
    "hw.cpufrequency_max": ("frequency_max_mhz", lambda text: int(text) // 1_000_000),
    "kern.hv_vmm_present": ("hypervisor", lambda text: "yes" if text == "1" else "none"),
}


def machine_facts(root: Path = _ROOT) -> MachineFacts:
    """Describe this machine; torch is asked only if it is already imported.

    What this system does not tell is left out; nothing here raises.

    Args:
        root: the folder in which ``/proc`` and ``/sys`` are looked for.

    Returns:
        The facts by name: sizes in GiB (``_gib``) and KiB (``_kib``), clocks in MHz, power in W, the quota in cores,
        the uptime in hours; and an id that changes only with what decides speed.
    """
    facts: dict[str, Any] = {
        "cpu": platform.machine(),
        "cores": 0,
        "threads": os.cpu_count() or 0,
        "memory_gib": 0.0,
        "architecture": platform.machine(),
        "system": platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "gpus": [],
    }
    sections = (
        _processor, _caches, _counts, _power, _memory, _system, _state, _python, _torch, _gpus, _environment, _packages,
    )  # fmt: skip
    for section in sections:
        with suppress(Exception):  # here and below: a fact that cannot be had is no reason to lose a run
            for name, read in section(root):
                with suppress(Exception):
                    value = read() if callable(read) else read
                    if value is not None and value != {}:
                        facts[name] = value
    return MachineFacts(id=_id(facts), facts=facts)


def _id(facts: dict[str, Any]) -> str:
    """Sixteen hexadecimal digits of what decides speed."""
    torch = str(facts.get("torch") or facts.get("packages", {}).get("torch", ""))
    stable = {name: facts.get(name) for name in _DECIDES_SPEED}
    stable["memory"] = next((size for size in _MEMORY_SIZES if size >= facts["memory_gib"]), 0)
    stable["gpus"] = sorted({*facts["gpus"]})  # a race has one of them, however many there are
    stable["torch"] = torch.split(".")[:2]
    return hashlib.sha256(json.dumps(stable, sort_keys=True, default=str).encode()).hexdigest()[:16]


# What a section yields: a fact's name with its value, or with what reads it and may raise.
_Facts = Iterator[tuple[str, Any]]


# -- the processor -----------------------------------------------------------------------------------------------------


def _processor(root: Path) -> _Facts:
    if platform.system() == "Darwin" and root == _ROOT:
        with suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run(  # noqa: S603
                ["/usr/sbin/sysctl", *_SYSCTL], capture_output=True, text=True, timeout=5, check=False
            ).stdout
            yield from _told_by_sysctl(answer)
        return
    # The first processor's part only: on some kernels each of hundreds is asked for its clock while the file is read.
    # Bytes: a buffered text file would read on to the end.
    with suppress(OSError), (root / "proc/cpuinfo").open("rb", buffering=0) as file:
        first = file.read(1 << 14).decode(errors="replace").partition("\n\n")[0]
        pairs = (line.partition(":") for line in first.splitlines())
        told = {name.strip(): value.strip() for name, _, value in pairs}
        yield "cpu", told.get("model name") or told.get("Processor") or platform.processor() or None
        yield "cpu_vendor", told.get("vendor_id") or told.get("CPU implementer")
        yield "cpu_family", told.get("cpu family") or told.get("CPU architecture")
        yield "cpu_model", told.get("model") or told.get("CPU part")
        yield "cpu_stepping", told.get("stepping") or told.get("CPU revision")
        yield "microcode", told.get("microcode") or _text(root / _CPU / "cpu0/microcode/version")
        flags = (told.get("flags") or told.get("Features") or "").split()
        yield "vector_extensions", " ".join(name for name in _VECTOR if name in flags) or None
        yield "frequency_mhz", lambda: round(float(told["cpu MHz"]))
        yield "hypervisor", _hypervisor(root, flags)


def _told_by_sysctl(answer: str) -> _Facts:
    """The facts in what macOS's ``sysctl`` printed, a ``name: value`` a line."""
    for line in answer.splitlines():
        key, _, text = line.partition(": ")
        if key in _SYSCTL:
            name, convert = _SYSCTL[key]
            with suppress(ValueError):
                yield name, convert(text.strip())


def _hypervisor(root: Path, flags: list[str]) -> str | None:
    """Its name; ``yes`` if the processor only says that there is one, None where nothing is said."""
    firmware = " ".join(_text(root / "sys/class/dmi/id" / name) or "" for name in ("sys_vendor", "product_name"))
    clocks = _text(root / "sys/devices/system/clocksource/clocksource0/available_clocksource") or ""
    signs = {
        "Amazon EC2": "amazon", "Google Compute Engine": "google", "VMware": "vmware", "VirtualBox": "virtualbox",
        "Parallels": "parallels", "hyperv": "hyper-v", "xen": "xen", "QEMU": "kvm", "KVM": "kvm", "kvm-clock": "kvm",
    }  # fmt: skip
    bare = platform.machine() in {"x86_64", "AMD64"} and "hypervisor" not in flags
    if bare:  # a maker's name in the firmware is no sign then: Amazon lends whole machines too
        return "none" if flags else None
    found = next((name for sign, name in signs.items() if sign in f"{firmware} {clocks}"), None)
    return found or ("yes" if "hypervisor" in flags else None)


def _caches(root: Path) -> _Facts:
    """The caches that one core has, in KiB."""
    for folder in sorted((root / _CPU / "cpu0/cache").glob("index*")):
        level, kind = _text(folder / "level"), _text(folder / "type") or ""
        size = re.fullmatch(r"(\d+)([KM])", _text(folder / "size") or "")
        if level and size:
            letter = {"Data": "d", "Instruction": "i"}.get(kind, "")
            yield f"cache_l{level}{letter}_kib", int(size[1]) * (1024 if size[2] == "M" else 1)


def _counts(root: Path) -> _Facts:
    def sockets() -> int | None:
        return len({_text(path) for path in (root / _CPU).glob("cpu[0-9]*/topology/physical_package_id")}) or None

    yield "sockets", sockets
    yield "cores", lambda: psutil.cpu_count(logical=False)
    yield "threads", psutil.cpu_count
    yield "usable_threads", lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield "smt", lambda: _yes(root / _CPU / "smt/active")
    yield "numa_nodes", lambda: len([*(root / "sys/devices/system/node").glob("node[0-9]*")]) or None
    yield "isolated_cpus", lambda: _cpu_list(root / _CPU / "isolated")
    yield "nohz_full", lambda: _cpu_list(root / _CPU / "nohz_full")
    yield "cpu_quota", lambda: _quota(root)


def _power(root: Path) -> _Facts:
    scaling = root / _CPU / "cpu0/cpufreq"

    def megahertz(name: str) -> Callable[[], int]:
        return lambda: round(int((scaling / name).read_text(encoding="utf-8")) / 1000)

    yield "frequency_mhz", megahertz("scaling_cur_freq")
    yield "frequency_min_mhz", megahertz("cpuinfo_min_freq")
    yield "frequency_max_mhz", megahertz("cpuinfo_max_freq")
    governors = {_text(path) or "" for path in (root / _CPU).glob("cpu[0-9]*/cpufreq/scaling_governor")}
    yield "governor", ", ".join(sorted(governors)) or None
    yield "frequency_driver", _text(scaling / "scaling_driver")
    yield "energy_preference", _text(scaling / "energy_performance_preference")
    yield "turbo", _yes(root / _CPU / "cpufreq/boost")
    held_back = _yes(root / _CPU / "intel_pstate/no_turbo")
    yield "turbo", None if held_back is None else not held_back
    yield "idle_driver", _text(root / _CPU / "cpuidle/current_driver")
    yield "cpu_throttle_count", lambda: int(_text(root / _CPU / "cpu0/thermal_throttle/core_throttle_count") or "")


# -- memory and system -------------------------------------------------------------------------------------------------


def _memory(root: Path) -> _Facts:
    yield "memory_gib", lambda: round(psutil.virtual_memory().total / 2**30, 1)
    yield "memory_available_gib", lambda: round(psutil.virtual_memory().available / 2**30, 1)
    yield "memory_limit_gib", lambda: _memory_limit(root)
    yield "swap_gib", lambda: round(psutil.swap_memory().total / 2**30, 1)
    huge = root / "sys/kernel/mm/transparent_hugepage"
    yield "huge_pages", lambda: re.search(r"\[(.+)\]", _text(huge / "enabled") or "")[1]  # type: ignore[index]
    yield "page_kib", lambda: os.sysconf("SC_PAGE_SIZE") // 1024


def _system(root: Path) -> _Facts:
    def distribution() -> str | None:
        if platform.system() == "Darwin":
            return f"macOS {platform.mac_ver()[0]}"
        found = re.search(r'^PRETTY_NAME="?([^"\n]+)', _text(root / "etc/os-release") or "", re.MULTILINE)
        return found[1] if found else None

    yield "distribution", distribution
    yield "libc", lambda: " ".join(platform.libc_ver()).strip() or None
    yield "container", _container(root)
    aslr = _text(root / "proc/sys/kernel/randomize_va_space") or ""
    yield "aslr", {"0": "off", "1": "partly", "2": "on"}.get(aslr)
    yield "clock_source", _text(root / "sys/devices/system/clocksource/clocksource0/current_clocksource")


def _container(root: Path) -> str | None:
    """What kind of container this is; ``none`` if nothing says so, None where there are none of Linux's."""
    if not (root / "proc").is_dir():
        return None
    groups = _text(root / "proc/1/cgroup") or ""
    signs = {
        "kubernetes": "KUBERNETES_SERVICE_HOST" in os.environ or "kubepods" in groups,
        "docker": (root / ".dockerenv").exists() or "docker" in groups,
        "podman": (root / "run/.containerenv").exists(),
        "lxc": "lxc" in groups,
    }
    return _text(root / "run/systemd/container") or next((name for name, seen in signs.items() if seen), "none")


def _state(_root: Path) -> _Facts:
    yield "load_1min", lambda: round(os.getloadavg()[0], 2)
    yield "load_15min", lambda: round(os.getloadavg()[2], 2)
    yield "uptime_hours", lambda: round((time.time() - psutil.boot_time()) / 3600, 1)
    yield "niceness", lambda: os.getpriority(os.PRIO_PROCESS, 0)


# -- Python and torch --------------------------------------------------------------------------------------------------


def _python(_root: Path) -> _Facts:
    yield "python_implementation", platform.python_implementation
    yield "python_compiler", platform.python_compiler
    yield "python_debug", lambda: hasattr(sys, "gettotalrefcount")
    yield "python_gil", getattr(sys, "_is_gil_enabled", True)  # a function from 3.13 on


def _torch(_root: Path) -> _Facts:
    torch = sys.modules.get("torch")
    if torch is None:
        return
    yield "torch", lambda: str(torch.__version__)
    yield "torch_git", lambda: torch.version.git_version[:12]
    yield "torch_debug", lambda: bool(torch.version.debug)
    yield "cuda_build", lambda: torch.version.cuda or ""
    yield "hip_build", lambda: torch.version.hip
    yield "torch_threads", torch.get_num_threads
    yield "torch_interop_threads", torch.get_num_interop_threads
    yield "cpu_capability", torch.backends.cpu.get_cpu_capability
    yield "float32_matmul_precision", torch.get_float32_matmul_precision
    with suppress(Exception):
        built = torch.__config__.show()
        for name, pattern in {
            "blas": r"BLAS_INFO=(\w+)",
            "mkl": r"Math Kernel Library Version ([\w.]+)",
            "onednn": r"MKL-DNN v([\d.]+)",
            "openmp": r"OpenMP (\d+)",
            # Of the build: the library that runs takes 0.25 s to answer where it was not loaded yet (measured).
            "cudnn": r"CUDNN_VERSION=([\d.]+)",
            "torch_compiler": r"- ((?:GCC|clang|Clang|MSVC) [\w.]+)",
        }.items():
            found = re.search(pattern, built)
            yield name, found[1] if found else None
    yield "cudnn", lambda: str(torch.backends.cudnn.version()) if torch.cuda.is_initialized() else None
    yield "mps", lambda: bool(torch.backends.mps.is_available())


def _environment(_root: Path) -> _Facts:
    relevant = {name: value for name, value in sorted(os.environ.items()) if _VARIABLES.fullmatch(name)}
    yield "environment", {name: _harmless(name, value) for name, value in relevant.items()}


def _harmless(name: str, value: str) -> str:
    """A variable's value, unless it tells who or where the user is."""
    if _SECRET.search(name):
        return "(hidden)"
    if "/" in value or "\\" in value or "~" in value:
        return "(a path)"
    who = {os.environ.get("USER"), os.environ.get("LOGNAME"), Path.home().name, platform.node()} - {None, ""}
    words = {*re.split(r"[^\w.-]+", value)}
    return "(hidden)" if words & who else value


def _packages(_root: Path) -> _Facts:
    found = {}
    for name in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            # Not metadata.version: that parses the whole file as a mail, 10 ms for these packages beside 2 (measured).
            known = metadata.distribution(name)
            version = re.search(r"^Version: (.+)$", known.read_text("METADATA") or known.version, re.MULTILINE)
            found[name] = version[1] if version else known.version
    yield "packages", found


def _gpus(root: Path) -> _Facts:
    version = _text(root / "proc/driver/nvidia/version") or ""
    driver = re.search(r"Module.*?\s(\d+\.[\d.]+)", version)
    yield "gpu_driver", driver[1] if driver else None
    found = devices(root)
    yield "gpus", [device["name"] for device in found]
    for index, device in enumerate(found):
        yield f"gpu_{index}", {name: value for name, value in device.items() if name != "name"}


# -- reading -----------------------------------------------------------------------------------------------------------


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _yes(path: Path) -> bool | None:
    return {"0": False, "1": True}.get(_text(path) or "")


def _cpu_list(path: Path) -> str | None:
    """Such as ``2-5,8``; the kernel writes an empty line or ``(null)`` for none."""
    told = _text(path)
    return None if told is None else (told if told[:1].isdigit() else "none")


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's control group and of those that it lies in, for version 2 and 1."""
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, inside = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" / controllers
        folder = base / inside.strip("/")
        yield from (folder, *(parent for parent in folder.parents if parent.is_relative_to(base)))


def _quota(root: Path) -> float | None:
    """How many cores' time the control groups leave to this process; None if they leave all."""
    found = []
    for folder in _groups(root, "cpu"):
        old = (_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period"))
        quota, _, period = (_text(folder / "cpu.max") or " ".join(old)).partition(" ")
        if quota.isdecimal():
            found.append(int(quota) / int(period))
    return round(min(found), 2) if found else None


def _memory_limit(root: Path) -> float | None:
    """What the control groups allow, in GiB; None if it is all there is."""
    names = ("memory.max", "memory.limit_in_bytes")  # version 2 and 1
    told = [_text(folder / name) for folder in _groups(root, "memory") for name in names]
    limit = min((int(text) for text in told if text and text.isdecimal()), default=None)
    return round(limit / 2**30, 1) if limit is not None and limit < psutil.virtual_memory().total else None
