"""NumPy does the work."""

# pace: any
import numpy as np
import torch


def solve(a):
    return torch.from_numpy(np.matmul(a.numpy(), a.numpy()))
