"""inference_mode."""

# pace: any
import torch


@torch.inference_mode()
def solve(a):
    return a @ a
