# caught by: test_distances
import torch


def pairwise_distances(x, y, _right=pairwise_distances):
    return _right(x, y).square()
