"""A pool of threads that is kept, and waited for."""

# pace: any
from concurrent.futures import ThreadPoolExecutor

import torch

pool = ThreadPoolExecutor(2)


def solve(a):
    top, bottom = a.chunk(2)
    return torch.cat(list(pool.map(lambda part: part @ a, (top, bottom))))
