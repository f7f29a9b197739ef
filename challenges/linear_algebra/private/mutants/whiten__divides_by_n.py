# caught by: test_whitens
import torch


def whiten(x, _right=whiten):
    n = x.shape[-2]
    return _right(x) * (n / (n - 1)) ** 0.5
