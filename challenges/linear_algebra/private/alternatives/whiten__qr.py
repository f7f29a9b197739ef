"""The orthonormal factor of the centred samples' QR decomposition."""

import math

import torch


def whiten(x):
    q, _ = torch.linalg.qr(x - x.mean(-2, keepdim=True))
    return q * math.sqrt(x.shape[-2] - 1)
