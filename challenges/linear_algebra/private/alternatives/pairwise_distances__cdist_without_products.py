"""torch.cdist, told not to go through a product of matrices."""

import torch


def pairwise_distances(x, y):
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
