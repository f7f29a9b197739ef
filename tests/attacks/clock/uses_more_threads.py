"""Takes all the cores that there are."""

# verdict: no faster
# control: none
import torch

torch.set_num_threads(8)


def solve(a):
    torch.set_num_threads(8)
    return a @ a
