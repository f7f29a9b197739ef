"""The measured peaks of a machine, where they are kept, and the floor that follows from them."""

import itertools
import json
import statistics
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from ptassess.machine import machine_facts
from ptassess.measure import peaks
from ptassess.measure.peaks import Peaks, floor_seconds, is_impossible, least_seconds, measured, with_peaks

KNOWN = Peaks(
    device="cpu",
    bandwidth=10e9,
    bandwidths={1 << 18: 80e9, 1 << 24: 40e9, 1 << 28: 10e9},
    flops={"float32": 100e9, "float64": 50e9, "bfloat16": 2e9},
    torch=str(torch.__version__),
)


@pytest.fixture
def quick(monkeypatch):
    """As usual, with hardly any time and small arrays."""
    monkeypatch.setattr(peaks, "_BUDGET", 0.05)
    monkeypatch.setattr(peaks, "_SIDES", {"cpu": (64, 128), "cuda": (64, 128)})
    monkeypatch.setattr(peaks, "_sizes", lambda _on, _machine: [1 << 16, 1 << 20])


@pytest.fixture
def counted(monkeypatch):
    """Measurements that give a higher figure each time, and how many there were."""
    made = []

    def measure(on, name, machine):
        made.append(str(on))
        return Peaks(
            device=str(on), name=name, bandwidth=len(made) * 1e9, torch=str(torch.__version__), machine=machine.id
        )

    monkeypatch.setattr(peaks, "_measure", measure)
    return made


# -- the floor ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moved", "flops", "dtype", "seconds"),
    [
        (1 << 28, 0, "float32", (1 << 28) / 10e9),
        (1 << 30, 0, torch.float32, (1 << 30) / 10e9),
        (1 << 24, 0, "float32", (1 << 24) / 40e9),  # a cache holds it
        (1 << 20, 0, "float32", (1 << 20) / 80e9),
        (1 << 10, 0, "float32", 0.0),  # a cache that is faster than any measured
        (0, 1e9, "float32", 0.01),
        (0, 1e9, torch.float64, 0.02),
        (0, 1e9, "bfloat16", 0.01),  # float32's units do it faster
        (0, 1e9, "int64", 0.01),
        (1 << 28, 1e9, "float32", (1 << 28) / 10e9),  # the longer of both
        (1 << 24, 1e9, "float32", 0.01),
    ],
)
def test_a_floor_is_the_longer_of_moving_and_calculating(moved, flops, dtype, seconds):
    assert floor_seconds(moved, flops, dtype, KNOWN) == pytest.approx(seconds)


def test_float32_may_be_done_in_tensorfloat32():
    on_gpu = Peaks(device="cuda:0", bandwidth=1e12, flops={"float32": 60e12, "tfloat32": 400e12, "float16": 800e12})
    assert floor_seconds(0, 400e12, "float32", on_gpu) == pytest.approx(1.0)


def test_without_a_peak_there_is_no_floor():
    assert floor_seconds(0, 1e9, "float32", Peaks(device="cpu", bandwidth=1e9)) == 0.0


def test_bandwidth_alone_is_a_peak_for_all_sizes():
    assert floor_seconds(1e3, 0, "float32", Peaks(device="cpu", bandwidth=1e9)) == pytest.approx(1e-6)


def test_impossible_is_a_tenth_faster_than_the_floor():
    assert peaks.IMPOSSIBLE == 1.10
    assert not is_impossible(1.0, 1.0)
    assert not is_impossible(1.0, 1.0999)
    assert is_impossible(1.0, 1.1001)
    assert not is_impossible(1e-9, 0.0)


# -- measuring ---------------------------------------------------------------------------------------------------------


def test_the_peaks_here_are_such_as_processors_have(tmp_path, monkeypatch):
    monkeypatch.setattr(peaks, "_BUDGET", 0.5)
    started = time.perf_counter()
    found = measured("cpu", folder=tmp_path)
    assert time.perf_counter() - started < 10  # a busy machine; 0.5 s is what is asked for
    assert 0.5e9 < found.bandwidth < 2e12
    assert 1e9 < found.flops["float64"] < found.flops["float32"] < 1e12
    assert found.threads == 1
    assert found.machine == machine_facts().id
    assert found.torch == torch.__version__


def test_a_plain_product_and_a_plain_copy_are_not_impossible(tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for work, moved, flops in _honest():
            seconds = statistics.median(_seconds(work) for _ in range(20))
            floor = least_seconds(partial(floor_seconds, moved, flops, "float32"), seconds, folder=tmp_path)
            assert not is_impossible(seconds, floor), (moved, flops)
    finally:
        torch.set_num_threads(threads)


def _honest():
    a, long = torch.rand(512, 512), torch.rand(1 << 20)
    yield lambda: a @ a, 3 * a.nbytes, 2 * 512**3
    yield long.clone, 2 * long.nbytes, 0
    yield long.sum, long.nbytes, len(long)


def _seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_smaller_data_is_never_slower(quick, tmp_path):
    rates = measured("cpu", folder=tmp_path).bandwidths
    assert list(rates.values()) == sorted(rates.values(), reverse=True)


def test_arrays_are_four_times_the_last_cache(monkeypatch):
    monkeypatch.setattr(peaks.psutil, "virtual_memory", lambda: SimpleNamespace(available=64 << 30))
    machine = SimpleNamespace(facts={"cache_l2_kib": 512, "cache_l3_kib": 32768})
    sizes = peaks._sizes(torch.device("cpu"), machine)
    assert sizes == [256 << 10, 16 << 20, 256 << 20]  # of two arrays together
    monkeypatch.setattr(peaks.psutil, "virtual_memory", lambda: SimpleNamespace(available=64 << 20))
    assert max(peaks._sizes(torch.device("cpu"), machine)) == 16 << 20  # of a quarter of what is free


def test_the_number_of_threads_is_put_back(quick, tmp_path):
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    measured("cpu", folder=tmp_path)
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == before


def test_the_best_of_many_repetitions_counts():
    took = iter([3.0, 1.0, 2.0])
    assert peaks._best(lambda: None, 0.0, lambda _call, _times: next(took)) == 1.0


def test_a_dtype_that_a_device_cannot_multiply_is_left_out(quick, monkeypatch):
    def refuse(a, b, out):
        raise RuntimeError("addmm_impl_cpu_ not implemented for 'BFloat16'")

    monkeypatch.setattr(torch, "mm", refuse)
    assert peaks._products(torch.device("cpu"), "bfloat16", 0.01, peaks._cpu_seconds) == 0.0


def test_a_slow_dtype_stays_with_small_matrices(monkeypatch):
    sides = []
    monkeypatch.setattr(peaks, "_product", lambda a, _b, _out: lambda: sides.append(len(a)))
    peaks._products(torch.device("cpu"), "float32", 0.01, lambda call, _times: call() or 0.01)
    assert set(sides) == {256}


def test_a_device_that_is_not_here_is_torch_s_own_error(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("it is here")
    with pytest.raises((RuntimeError, AssertionError)):
        measured("cuda", folder=tmp_path)


class Event:
    """A stand-in for CUDA's: 8 ms from one event to the next."""

    ticks = itertools.count()

    def __init__(self, *, enable_timing):
        assert enable_timing

    def record(self):
        self.at = next(self.ticks)

    def synchronize(self):
        pass

    def elapsed_time(self, other):
        return 8.0 * (other.at - self.at)


def test_a_cuda_device_is_timed_on_its_own_clock(quick, monkeypatch, tmp_path):
    filled = peaks._filled
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA L4")
    monkeypatch.setattr(peaks, "_filled", lambda _on, *what: filled(torch.device("cpu"), *what))
    found = measured("cuda:0", folder=tmp_path)
    assert found.name == "NVIDIA L4"
    assert set(found.flops) == {"float32", "tfloat32", "float64", "float16", "bfloat16"}
    assert found.flops["float32"] == pytest.approx(2 * 64**3 / 8e-3)  # 8 ms a call: larger ones would take too long
    # 20 launches in 8 ms; a call without data takes as long here, so half of the time is the memory's.
    assert found.bandwidth == pytest.approx((1 << 20) / (8e-3 / 20 / 2))


def test_a_cuda_device_s_arrays_are_beyond_its_cache(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(L2_cache_size=50 << 20))
    assert peaks._sizes(torch.device("cuda:0"), machine_facts()) == [25 << 20, 400 << 20]


# -- keeping -----------------------------------------------------------------------------------------------------------


def test_what_was_measured_once_is_read_from_then_on(quick, tmp_path, monkeypatch):
    first = measured("cpu", folder=tmp_path)
    monkeypatch.setattr(peaks, "_measure", lambda *_: pytest.fail("measured again"))
    assert measured("cpu", folder=tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [f"peaks-{machine_facts().id}.json"]


def test_the_user_s_cache_folder_is_where_the_system_says(counted, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    measured()
    assert len([*(tmp_path / "cache/ptassess").iterdir()]) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    measured()
    assert len([*(tmp_path / "home/.cache/ptassess").iterdir()]) == 1


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"cpu": {"device": "cpu"}}', b'{"cpu": {"device": "cpu", "bandwidth": -1}}'],
)
def test_a_broken_cache_is_measured_again(counted, tmp_path, broken):
    path = tmp_path / f"peaks-{machine_facts().id}.json"
    path.write_bytes(broken)
    assert measured(folder=tmp_path).bandwidth == 1e9
    assert json.loads(path.read_bytes())["cpu"]["bandwidth"] == 1e9


def test_another_torch_is_measured_again(counted, tmp_path, monkeypatch):
    measured(folder=tmp_path)
    monkeypatch.setattr(torch, "__version__", f"{torch.__version__}.post1")
    measured(folder=tmp_path)
    assert counted == ["cpu", "cpu"]


def test_another_slice_of_a_gpu_is_measured_again(counted, tmp_path, monkeypatch):
    for name in ("H100 MIG 1g.10gb", "H100 MIG 7g.80gb"):
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _, name=name: name)
        assert measured("cuda:0", folder=tmp_path).name == name
    assert len(counted) == 2


def test_devices_share_the_file(counted, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "L4")
    measured("cpu", folder=tmp_path)
    measured("cuda:0", folder=tmp_path)
    measured("cpu", folder=tmp_path)
    assert counted == ["cpu", "cuda:0"]


def test_measuring_again_keeps_the_better(tmp_path, monkeypatch):
    rates = iter([(3e9, {"float32": 1e9}), (2e9, {"float32": 4e9, "float64": 1e9})])

    def measure(on, _name, _machine):
        bandwidth, flops = next(rates)
        return Peaks(device=str(on), bandwidth=bandwidth, flops=flops, torch=str(torch.__version__))

    monkeypatch.setattr(peaks, "_measure", measure)
    measured(folder=tmp_path)
    found = measured(folder=tmp_path, again=True)
    assert (found.bandwidth, found.flops) == (3e9, {"float32": 4e9, "float64": 1e9})
    assert measured(folder=tmp_path) == found


@pytest.mark.parametrize(("seconds", "times"), [(1.0, 1), (0.92, 1), (0.6, 2), (0.1, 2)])
def test_peaks_are_measured_again_before_anything_is_impossible(counted, tmp_path, seconds, times):
    # The first measurement says 1 GB/s, the second 2.
    assert least_seconds(partial(floor_seconds, 1e9, 0, "float32"), seconds, folder=tmp_path) == 1.0 / times
    assert len(counted) == times


def test_a_cache_that_cannot_be_written_costs_no_run(counted, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert measured(folder=blocked).bandwidth == 1e9
    assert blocked.read_text() == "no folder"


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, done = tmp_path / "peaks.json", threading.Event()
    many = {f"cuda:{index}": KNOWN for index in range(200)}
    peaks._write(path, many)

    def write():
        while not done.is_set():
            peaks._write(path, many)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(len(peaks._read(path)) == 200 for _ in range(100))
    finally:
        done.set()
        writer.join()
    assert [found.name for found in tmp_path.iterdir()] == ["peaks.json"]


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    (tmp_path / "peaks.json").mkdir()
    peaks._write(tmp_path / "peaks.json", {"cpu": KNOWN})
    assert [found.name for found in tmp_path.iterdir()] == ["peaks.json"]


def test_figures_that_are_none_are_not_believed(tmp_path):
    path = tmp_path / "peaks.json"
    peaks._write(path, {"cpu": Peaks(device="cpu", bandwidth=-1.0), "cuda:0": KNOWN})
    assert [*peaks._read(path)] == ["cuda:0"]


# -- among the facts ---------------------------------------------------------------------------------------------------


def test_peaks_stand_among_the_facts_and_leave_the_id_alone():
    machine = machine_facts()
    found = with_peaks(with_peaks(machine, KNOWN), Peaks(device="cuda:0", bandwidth=3.351e12))
    assert found.id == machine.id
    assert found.facts["peaks"] == {
        "cpu_gb_s": 10.0, "cpu_float32_gflops": 100.0, "cpu_float64_gflops": 50.0, "cpu_bfloat16_gflops": 2.0,
        "cuda:0_gb_s": 3350.0,
    }  # fmt: skip
