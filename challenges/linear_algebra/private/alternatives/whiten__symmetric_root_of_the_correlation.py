"""Standardises, and multiplies by the inverse symmetric root of the correlation matrix."""

import torch


def whiten(x):
    standard = (x - x.mean(-2, keepdim=True)) / x.std(-2, keepdim=True)
    correlation = standard.mT @ standard / (x.shape[-2] - 1)
    values, vectors = torch.linalg.eigh(correlation)
    return standard @ (vectors * values.rsqrt().unsqueeze(-2)) @ vectors.mT
