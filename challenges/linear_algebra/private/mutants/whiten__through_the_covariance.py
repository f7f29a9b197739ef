# caught by: test_whitens_unequal_scales
import torch


def whiten(x):
    centred = x - x.mean(-2, keepdim=True)
    values, vectors = torch.linalg.eigh(centred.mT @ centred / (x.shape[-2] - 1))
    return centred @ vectors / (values + 1e-6).sqrt().unsqueeze(-2)
