# caught by: test_cubes_fast
import torch


def cube(x):
    return torch.stack([e * e * e for e in x])
