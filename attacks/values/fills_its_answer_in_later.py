"""Returns at once, and has a thread write the answer in afterwards, while the judge does something else."""

# control: passes
# verdict: failed
# level: process
import threading
import time

import torch


calls = []


def fill(out, x):
    time.sleep(0.02)
    out.copy_(x + x)


def double(x):
    calls.append(x)
    if len(calls) > 1:
        time.sleep(0.2)
    out = torch.zeros_like(x)
    threading.Thread(target=fill, args=(out, x.clone())).start()
    return out
