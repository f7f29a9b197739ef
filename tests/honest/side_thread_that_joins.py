"""A thread that is waited for."""

# pace: any
import threading

import torch


def solve(a):
    out = torch.empty_like(a)
    thread = threading.Thread(target=torch.matmul, args=(a, a), kwargs={"out": out})
    thread.start()
    thread.join()
    return out
