# caught by: test_distances_of_batches
import torch


def pairwise_distances(x, y, _right=pairwise_distances):
    return _right(x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1]))
