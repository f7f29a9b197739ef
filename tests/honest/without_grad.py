"""no_grad and inference_mode."""

# pace: any
import torch


@torch.no_grad()
def solve(a):
    return a @ a
