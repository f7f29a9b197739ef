"""An accelerator that is none: kernels run when somebody waits for them, and take the time that they are said to.

The file is loaded in the worker, as the module ``stand_in``, before the solution; the judge names its path as device.
``launch`` and ``synchronise`` are what a solution uses, as it would use kernels and ``torch.cuda.synchronize``.
"""

import time
from collections import deque

import torch

from ptassess.sandbox.devices import Device, mapped

MAIN = "main"
ELSEWHERE = "elsewhere"  # another process' context: what waits for this device does not wait for it
queues: dict[str, deque] = {}
counts = {"flush": 0, "synchronise": 0}


def launch(out, compute, *, seconds, stream=MAIN):
    """Ask for a kernel that writes ``compute()`` into ``out``; returns at once."""
    queues.setdefault(stream, deque()).append((out, compute, seconds))


def run(stream):
    """Wait for a stream, as the host does: by spinning."""
    queue = queues.get(stream, ())
    while queue:
        out, compute, seconds = queue.popleft()
        until = time.perf_counter() + seconds
        out.copy_(compute())
        while time.perf_counter() < until:
            pass


def synchronise():
    """Wait for all streams of this device."""
    counts["synchronise"] += 1
    for stream in [*queues]:
        if stream != ELSEWHERE:
            run(stream)


def flush():
    counts["flush"] += 1


def copied(value):
    run(MAIN)  # a copy waits for what was asked for before it on its stream
    return mapped(value, lambda leaf: leaf.clone(memory_format=torch.contiguous_format), torch.Tensor)


def open_device():
    held = synchronise  # as `cuda` holds torch's own function
    return Device(kind="cpu", to_device=copied, synchronise=held, flush=flush, to_host=copied)
