# caught by: test_distances_need_little_memory
import torch


def pairwise_distances(x, y):
    return (x.unsqueeze(-2) - y.unsqueeze(-3)).norm(dim=-1)
