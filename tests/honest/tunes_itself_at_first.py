"""Tries two ways in its first calls and keeps the faster one."""

# pace: same
import time

import torch

WAYS = [lambda a: a @ a, lambda a: torch.mm(a, a)]  # as fast, for on a busy machine chance decides between them
seconds = []


def solve(a):
    if len(seconds) < 2:
        began = time.perf_counter()
        out = WAYS[len(seconds)](a)
        seconds.append(time.perf_counter() - began)
        return out
    return WAYS[seconds.index(min(seconds))](a)
