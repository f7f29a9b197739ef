"""As finishes_in_a_thread, with a thread that waits for work."""

# verdict: refused or no faster
# control: none
# streams: yes
import queue
import threading

import torch

jobs = queue.SimpleQueue()


def work():
    while True:
        a, out = jobs.get()
        torch.matmul(a, a, out=out)


threading.Thread(target=work, daemon=True).start()


def solve(a):
    out = torch.zeros_like(a)
    jobs.put((a, out))
    return out
