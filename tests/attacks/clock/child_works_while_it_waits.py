"""A child does the work, while the process itself only waits for a core: a clock that takes such waiting out is cheated."""

# verdict: no faster or refused
# control: none
# streams: yes
import os

import torch

given = torch.zeros(160, 160, dtype=torch.float64).share_memory_()
result = torch.zeros(160, 160, dtype=torch.float64).share_memory_()
turn = torch.zeros(1, dtype=torch.int64).share_memory_()
parent = os.getpid()

if os.fork() == 0:
    while os.getppid() == parent:
        if turn.item():
            torch.mm(given, given, out=result)
            turn.zero_()
        else:
            os.sched_yield()
    os._exit(0)


def solve(a):
    given.copy_(a)
    turn.fill_(1)
    while turn.item():
        os.sched_yield()
    return result
