# caught by: test_distances_far_from_the_origin
import torch


def pairwise_distances(x, y):
    return (x.square().sum(-1).unsqueeze(-1) + y.square().sum(-1).unsqueeze(-2) - 2 * x @ y.mT).clamp(min=0).sqrt()
