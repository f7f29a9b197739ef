"""The fingerprint: which facts are read from where, what makes another id, and what speaks against comparing times."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ptassess import accelerators, machine
from ptassess.comparing import comparable
from ptassess.machine import machine_facts
from ptassess.result import MachineFacts

CPU = "sys/devices/system/cpu"
XEON = """processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 143
model name	: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
stepping	: 8
microcode	: 0xffffffff
cpu MHz		: 2700.041
flags		: fpu sse4_2 fma avx avx2 avx512f avx512_bf16 amx_tile

processor	: 1
model name	: another
"""
GRAVITON = """processor	: 0
BogoMIPS	: 2100.00
Features	: fp asimd sve bf16 i8mm
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x1
CPU part	: 0xd40
CPU revision	: 1
"""
LAPTOP = {
    "proc/cpuinfo": XEON,
    "proc/self/cgroup": "0::/user.slice/alice.scope",
    "proc/sys/kernel/randomize_va_space": "0",
    "etc/os-release": 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n',
    "sys/fs/cgroup/cpu.max": "max 100000",
    "sys/fs/cgroup/user.slice/cpu.max": "150000 100000",
    "sys/fs/cgroup/user.slice/alice.scope/cpu.max": "200000 100000",
    "sys/fs/cgroup/user.slice/memory.max": str(1 << 28),
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    "sys/devices/system/node/node0/cpulist": "0",
    "sys/devices/system/node/node1/cpulist": "1",
    f"{CPU}/isolated": "2-5,8\n",
    f"{CPU}/nohz_full": " (null)\n",
    f"{CPU}/smt/active": "1",
    f"{CPU}/cpuidle/current_driver": "intel_idle",
    f"{CPU}/intel_pstate/no_turbo": "1",
    f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave",
    f"{CPU}/cpu1/cpufreq/scaling_governor": "performance",
    f"{CPU}/cpu0/cpufreq/scaling_driver": "intel_pstate",
    f"{CPU}/cpu0/cpufreq/scaling_cur_freq": "1200123",
    f"{CPU}/cpu0/cpufreq/cpuinfo_min_freq": "800000",
    f"{CPU}/cpu0/cpufreq/cpuinfo_max_freq": "3800000",
    f"{CPU}/cpu0/topology/physical_package_id": "0",
    f"{CPU}/cpu1/topology/physical_package_id": "1",
    f"{CPU}/cpu0/cache/index0/level": "1",
    f"{CPU}/cpu0/cache/index0/type": "Data",
    f"{CPU}/cpu0/cache/index0/size": "48K",
    f"{CPU}/cpu0/cache/index3/level": "3",
    f"{CPU}/cpu0/cache/index3/type": "Unified",
    f"{CPU}/cpu0/cache/index3/size": "105M",
    f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "17",
    "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build",
    "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA RTX 2000 Ada\nIRQ: 5\n",
}


@pytest.fixture
def described(tmp_path, monkeypatch):
    """The facts of a made-up machine: files by their path below the root."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    count = iter(range(100))

    def build(files):
        root = tmp_path / str(next(count))
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return machine_facts(root)

    return build


# -- what is read ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "cpu": "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
        "cpu_vendor": "GenuineIntel",
        "cpu_family": "6",
        "cpu_model": "143",
        "cpu_stepping": "8",
        "microcode": "0xffffffff",
        "vector_extensions": "sse4_2 avx fma avx2 avx512f avx512_bf16 amx_tile",
        "hypervisor": "none",
        "sockets": 2,
        "numa_nodes": 2,
        "smt": True,
        "cache_l1d_kib": 48,
        "cache_l3_kib": 105 * 1024,
        "frequency_mhz": 1200,
        "frequency_min_mhz": 800,
        "frequency_max_mhz": 3800,
        "governor": "performance, powersave",
        "frequency_driver": "intel_pstate",
        "idle_driver": "intel_idle",
        "turbo": False,
        "cpu_throttle_count": 17,
        "isolated_cpus": "2-5,8",
        "nohz_full": "none",
        "cpu_quota": 1.5,
        "memory_limit_gib": 0.2,
        "huge_pages": "madvise",
        "aslr": "off",
        "distribution": "Ubuntu 24.04.1 LTS",
        "gpu_driver": "570.86.15",
        "gpus": ["NVIDIA RTX 2000 Ada"],
    }.items(),
)
@pytest.mark.skipif(platform.system() == "Darwin", reason="a distribution of Linux, described on macOS")
def test_a_fact_is_read_from_the_system_s_files(described, name, value):
    assert described(LAPTOP).facts[name] == value


def test_the_clock_without_a_frequency_driver_is_the_one_of_cpuinfo(described):
    assert described({"proc/cpuinfo": XEON}).facts["frequency_mhz"] == 2700


def test_arm_s_processors_are_told_apart_though_they_have_no_name(described, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    graviton2, graviton3 = (
        described({"proc/cpuinfo": GRAVITON.replace("0xd40", "0xd0c")}),
        described({"proc/cpuinfo": GRAVITON}),
    )
    assert graviton3.facts["cpu_model"] == "0xd40"
    assert graviton3.facts["vector_extensions"] == "asimd bf16 i8mm sve"
    assert graviton2.id != graviton3.id


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"sys/class/dmi/id/sys_vendor": "Amazon EC2"}, "amazon"),
        ({"sys/class/dmi/id/product_name": "Google Compute Engine"}, "google"),
        ({"sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc kvm-clock"}, "kvm"),
        ({}, "yes"),
    ],
)
def test_a_hypervisor_is_named_by_its_firmware_or_its_clock(described, files, name):
    assert described(files | {"proc/cpuinfo": XEON.replace("fpu", "fpu hypervisor")}).facts["hypervisor"] == name


def test_a_whole_machine_lent_by_a_cloud_has_no_hypervisor(described):
    files = {"proc/cpuinfo": XEON, "sys/class/dmi/id/sys_vendor": "Amazon EC2"}
    assert described(files).facts["hypervisor"] == "none"


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({".dockerenv": ""}, "docker"),
        ({"run/.containerenv": ""}, "podman"),
        ({"run/systemd/container": "systemd-nspawn"}, "systemd-nspawn"),
        ({"proc/1/cgroup": "0::/kubepods.slice/x"}, "kubernetes"),
        ({}, "none"),
    ],
)
def test_a_container_is_named(described, monkeypatch, files, name):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert described({"proc/cpuinfo": XEON} | files).facts["container"] == name


def test_a_quota_of_the_first_version_of_control_groups_is_seen(described):
    files = {
        "proc/self/cgroup": "9:memory:/\n4:cpu,cpuacct:/docker/x\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "50000",
        "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": str(2**63 - 4096),
    }
    facts = described(files).facts
    assert facts["cpu_quota"] == 0.5
    assert "memory_limit_gib" not in facts


def test_the_lines_of_macos_are_understood():
    lines = (
        "machdep.cpu.brand_string: Apple M3 Max",
        "hw.packages: 1",
        "hw.l2cachesize: 4194304",
        "kern.hv_vmm_present: 0",
    )
    told = dict(machine._told_by_sysctl("\n".join((*lines, "hw.l3cachesize: ?", "unheard.of: 1"))))
    assert told == {"cpu": "Apple M3 Max", "sockets": 1, "cache_l2_kib": 4096, "hypervisor": "none"}


def test_a_system_that_tells_nothing_is_described_all_the_same(described, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("no")

    for name in ("cpu_count", "virtual_memory", "swap_memory", "boot_time"):
        monkeypatch.setattr(psutil, name, refuse)
    monkeypatch.setattr(os, "getloadavg", refuse)
    facts = described({"proc/self/cgroup": "nonsense", f"{CPU}/cpu0/cpufreq/cpuinfo_max_freq": "?"}).facts
    assert facts["cpu"]
    assert {"cores", "threads", "memory_gib", "system", "gpus"} <= facts.keys()
    assert not {"load_1min", "swap_gib", "governor", "frequency_max_mhz"} & facts.keys()
    assert None not in facts.values()


def test_a_torch_that_answers_nothing_is_survived(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__="2.9.0"))
    assert machine_facts().facts["torch"] == "2.9.0"


@pytest.mark.skipif(platform.system() != "Linux", reason="macOS tells less")
def test_there_are_forty_facts_and_more_also_without_torch():
    code = "import sys, ptassess.machine as m; print(len(m.machine_facts().facts)); assert 'torch' not in sys.modules"
    without = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(without) >= 40
    import torch  # noqa: F401  it is asked from now on

    assert len(machine_facts().facts) >= int(without) + 10


def test_the_facts_are_had_in_50_ms():
    import torch  # noqa: F401  it is asked too

    took = []
    for _ in range(10):
        started = time.process_time()  # a busy machine lets this process wait
        machine_facts()
        took.append(time.process_time() - started)
    assert min(took) < 0.05


def test_the_facts_are_plain_data():
    facts = machine_facts().facts
    assert json.loads(json.dumps(facts)) == facts


# -- nothing personal --------------------------------------------------------------------------------------------------


def test_nobody_is_named(monkeypatch):
    monkeypatch.setenv("USER", "alice")
    monkeypatch.setattr(platform, "node", lambda: "alices-laptop")
    for name, value in {
        "TORCH_HOME": "/home/alice/torch",
        "CUDA_HOME": "~/cuda",
        "OMP_STACKSIZE": "alice",
        "TORCH_TOKEN": "hunter2",
        "KMP_AFFINITY": "alices-laptop,compact",
        "HOSTNAME": "alices-laptop",
    }.items():
        monkeypatch.setenv(name, value)
    text = json.dumps(machine_facts().facts)
    assert "alice" not in text
    assert "hunter2" not in text
    assert str(Path.home()) not in text or Path.home() == Path("/")


def test_variables_that_decide_speed_are_told(monkeypatch):
    monkeypatch.setenv("KMP_AFFINITY", "granularity=fine,compact,1,0")
    monkeypatch.setenv("TORCH_HOME", "/data/torch")
    monkeypatch.setenv("PATHOLOGICAL", "1")
    found = machine_facts().facts["environment"]
    assert found["KMP_AFFINITY"] == "granularity=fine,compact,1,0"
    assert found["TORCH_HOME"] == "(a path)"
    assert "PATHOLOGICAL" not in found


# -- accelerators ------------------------------------------------------------------------------------------------------


def nvml(**changed):
    """A stand-in for NVIDIA's library with two devices."""
    reasons = 0x01 | 0x20  # idle, and too hot
    return SimpleNamespace(**{
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetHandleByUUID": lambda uuid: {"GPU-b": 1}[uuid],
        "nvmlDeviceGetName": lambda handle: [b"NVIDIA H100 80GB HBM3", "NVIDIA L4"][handle],
        "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(total=80 << 30),
        "nvmlDeviceGetCudaComputeCapability": lambda _: (9, 0),
        "nvmlSystemGetDriverVersion": lambda: "550.54.15",
        "nvmlDeviceGetEnforcedPowerLimit": lambda _: 700_000,
        "nvmlDeviceGetCurrentClocksThrottleReasons": lambda _: reasons,
    } | changed)  # fmt: skip


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ["NVIDIA H100 80GB HBM3", "NVIDIA L4"]),
        ("1", ["NVIDIA L4"]),
        ("GPU-b", ["NVIDIA L4"]),
        ("0,-1,1", ["NVIDIA H100 80GB HBM3"]),
        ("", []),
    ],
)
def test_only_visible_devices_are_told(monkeypatch, visible, names):
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [device["name"] for device in accelerators.devices()] == names


def test_nvidia_s_library_tells_what_it_can(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert machine_facts().facts["gpu_0"] == {
        "memory_gib": 80.0, "capability": "9.0", "driver": "550.54.15", "power_limit_w": 700, "throttled": True,
    }  # fmt: skip


def test_without_it_torch_is_asked(monkeypatch):
    told = SimpleNamespace(
        name="AMD Instinct MI300X", total_memory=192 << 30, major=9, minor=4, multi_processor_count=304
    )
    cuda = SimpleNamespace(is_available=lambda: True, device_count=lambda: 1, get_device_properties=lambda _: told)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    [device] = accelerators.devices()
    assert device["name"] == "AMD Instinct MI300X"
    assert device["memory_gib"] == 192.0


def test_a_library_that_breaks_is_no_device(monkeypatch):
    def broken():
        raise RuntimeError("driver/library version mismatch")

    monkeypatch.setitem(sys.modules, "pynvml", nvml(nvmlInit=broken))
    monkeypatch.setitem(sys.modules, "torch", None)
    assert isinstance(machine_facts().facts["gpus"], list)


# -- the id ------------------------------------------------------------------------------------------------------------


def test_the_id_is_one_in_every_process_with_torch_and_without():
    code = "import ptassess.machine as m; print(m.machine_facts().id)"
    codes = (code, code, f"import torch; torch.set_num_threads(1); {code}")
    ids = {subprocess.run([sys.executable, "-c", each], capture_output=True, check=True).stdout for each in codes}
    assert len(ids) == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_the_id_is_one_for_a_process_that_is_pinned_to_a_core():
    before, usable = machine_facts().id, os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(usable)})
        assert machine_facts().facts["usable_threads"] == 1
        assert machine_facts().id == before
    finally:
        os.sched_setaffinity(0, usable)


def of(**changed):
    """The id of a machine with these facts."""
    known = {
        "cpu": "AMD EPYC", "cpu_vendor": "AuthenticAMD", "cpu_family": "25", "cpu_model": "1", "cache_l3_kib": 32768,
        "cores": 2, "threads": 4, "memory_gib": 23.5, "gpus": ["L4"], "torch": "2.14.1+cu130", "system": "Linux",
        "architecture": "x86_64", "kernel": "6.1.4", "load_1min": 0.1, "uptime_hours": 3.0,
    }  # fmt: skip
    return machine._id(known | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"load_1min": 9.0}, {"uptime_hours": 0.1}, {"kernel": "6.1.99"}, {"memory_gib": 23.2}, {"torch": "2.14.0"},
        {"gpus": ["L4", "L4"]}, {"governor": "powersave"}, {"frequency_mhz": 900}, {"microcode": "0x2"},
        {"torch": None, "packages": {"torch": "2.14.1"}},
    ],
)  # fmt: skip
def test_the_id_survives_what_passes(changed):
    assert of(**changed) == of()


@pytest.mark.parametrize(
    "changed",
    [
        {"cpu": "AMD Ryzen"}, {"cpu_family": "26"}, {"cpu_model": "17"}, {"cores": 4}, {"threads": 2},
        {"memory_gib": 47.0}, {"memory_gib": 15.4}, {"gpus": []}, {"gpus": ["L40S"]}, {"torch": "2.15.0"},
        {"cpu_quota": 1.0}, {"architecture": "aarch64"}, {"system": "Darwin"},
    ],
)  # fmt: skip
def test_the_id_changes_with_what_decides_speed(changed):
    assert of(**changed) != of()


def test_what_a_kernel_keeps_of_the_memory_makes_no_other_machine():
    sizes = [(15.2, 15.6), (7.5, 7.8), (31.1, 31.4), (62.5, 62.8), (125.6, 125.9), (11.3, 11.7), (16.0, 15.5)]
    assert all(of(memory_gib=low) == of(memory_gib=high) for low, high in sizes)


# -- what may be compared ----------------------------------------------------------------------------------------------

FACTS = {
    "cpu": "AMD EPYC 9B14", "cores": 8, "threads": 16, "usable_threads": 16, "torch": "2.14.1", "torch_threads": 8,
    "python": "3.12.1", "kernel": "6.1.4", "governor": "performance", "turbo": True, "load_1min": 0.2, "gpus": ["L4"],
    "gpu_0": {"power_limit_w": 72, "throttled": False}, "environment": {"OMP_NUM_THREADS": "8"},
    "peaks": {"cpu_gb_s": 20.0, "cpu_float32_gflops": 90.0},
}  # fmt: skip


def reasons(**changed):
    return comparable(MachineFacts(id="a", facts=FACTS), MachineFacts(id="a", facts=FACTS | changed))


def test_two_runs_on_one_machine_compare():
    assert reasons() == ()
    here = machine_facts()
    assert comparable(here, here) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"python": "3.12.9"}, {"kernel": "6.1.99-generic"}, {"load_1min": 6.0}, {"gpus": ["L4", "L4"]},
        {"peaks": {"cpu_gb_s": 21.0}}, {"uptime_hours": 5.0}, {"frequency_mhz": 800}, {"peaks": {}},
    ],
)  # fmt: skip
def test_what_hardly_matters_is_no_reason(changed):
    assert reasons(**changed) == ()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"cpu": "Apple M3"}, "another CPU: AMD EPYC 9B14 and Apple M3"),
        ({"torch": "2.14.0"}, "another torch: 2.14.1 and 2.14.0"),
        ({"torch_threads": 1}, "another number of torch's threads: 8 and 1"),
        ({"usable_threads": 4, "load_1min": 0.0}, "another number of usable threads: 16 and 4"),
        ({"python": "3.13.0"}, "another Python: 3.12.1 and 3.13.0"),
        ({"kernel": "6.8.0"}, "another kernel: 6.1.4 and 6.8.0"),
        ({"governor": "powersave"}, "another governor: performance and powersave"),
        ({"turbo": False}, "another setting of turbo: on and off"),
        ({"load_1min": 9.6}, "another load for each usable thread: 0.01 and 0.6"),
        ({"gpus": []}, "another GPU: L4 and none"),
        ({"gpu_0": {"power_limit_w": 60}}, "another GPU power limit (W): 72 and 60"),
        ({"gpu_0": {"throttled": True}}, "throttled: the clock of the second run was held down"),
        ({"throttled": True}, "throttled: the clock of the second run was held down"),
        ({"environment": {}}, "another OMP_NUM_THREADS: 8 and not set"),
        ({"peaks": {"cpu_gb_s": 15.0}}, "another measured peak, cpu gb s: 20.0 and 15.0"),
        ({"governor": None}, "recorded for one of the two only: governor"),
    ],
)  # fmt: skip
def test_a_reason_is_one_line_that_names_both(changed, reason):
    assert reasons(**changed) == (reason,)


def test_the_weightiest_reason_comes_first():
    found = reasons(governor="powersave", load_1min=16.0, cpu="Apple M3")
    assert [line.split(":")[0] for line in found] == [
        "another CPU", "another governor", "another load for each usable thread",
    ]  # fmt: skip


def test_runs_without_a_machine_do_not_compare():
    assert comparable(MachineFacts(), machine_facts()) == ("the machine of one run is not recorded",)


def test_another_fingerprint_is_reason_enough():
    one, other = MachineFacts(id="a", facts=FACTS), MachineFacts(id="b", facts=FACTS)
    assert comparable(one, other) == ("another fingerprint: a and b",)
