"""A child process with shared memory computes the result later."""

# verdict: refused or no faster
# control: none
# streams: yes
import os

import torch

shared = torch.zeros(160, 160, dtype=torch.float64).share_memory_()


def solve(a):
    out = shared
    if os.fork() == 0:
        out.copy_(a @ a)
        os._exit(0)
    return out
