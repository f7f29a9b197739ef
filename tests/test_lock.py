"""The device lock: sharers side by side, a race alone, and no race that starves."""

import subprocess
import sys
import threading
import time

import pytest

from ptassess.measure.lock import DeviceLock


@pytest.fixture
def lock(tmp_path):
    return DeviceLock(tmp_path)


def in_threads(*functions):
    """Run functions at the same time; each opens files of its own, as processes do."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


def test_sharers_are_inside_together(lock):
    both = threading.Barrier(2, timeout=10)

    def share():
        with lock.shared():
            both.wait()

    in_threads(share, share)


def test_a_race_is_alone(lock):
    inside, most = [], []

    def work(enter):
        for _ in range(20):
            with enter():
                inside.append(enter)
                most.append(len([kind for kind in inside if kind == lock.alone]) * len(inside))
                time.sleep(0.001)
                inside.remove(enter)

    in_threads(*(lambda: work(lock.alone),) * 2, *(lambda: work(lock.shared),) * 2)
    assert max(most) == 1  # whenever a race was inside, it was the only one


def test_a_race_does_not_starve_behind_sharers_that_come_and_go(lock):
    stop = time.monotonic() + 20
    waited = []

    def share():
        while not waited and time.monotonic() < stop:
            with lock.shared():
                time.sleep(0.02)

    def race():
        time.sleep(0.1)
        began = time.monotonic()
        with lock.alone():
            waited.append(time.monotonic() - began)

    in_threads(share, share, share, race)
    assert waited[0] < 1


def test_a_lock_ends_with_its_process(lock, tmp_path):
    code = "import os, pathlib, sys; from ptassess.measure.lock import DeviceLock\n"
    code += "lock = DeviceLock(pathlib.Path(sys.argv[1])).alone(); lock.__enter__(); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    began = time.monotonic()
    with lock.alone():
        assert time.monotonic() - began < 1
