"""Its second thread works while the first one waits without a core."""

# verdict: no faster or refused
# control: none
import threading

import torch


def solve(a):
    out = torch.empty_like(a)
    thread = threading.Thread(target=lambda: torch.matmul(a, a, out=out))
    thread.start()
    thread.join()
    return out
