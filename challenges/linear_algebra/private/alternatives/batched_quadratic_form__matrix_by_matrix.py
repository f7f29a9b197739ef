"""Lets the batches broadcast first, and then fills the result matrix by matrix."""

import itertools

import torch


def batched_quadratic_form(a, x):
    batch = torch.broadcast_shapes(a.shape[:-2], x.shape[:-1])
    matrices = a.expand(*batch, *a.shape[-2:])
    vectors = x.expand(*batch, x.shape[-1])
    result = x.new_empty(batch)
    for index in itertools.product(*map(range, batch)):
        result[index] = vectors[index] @ matrices[index] @ vectors[index]
    return result
