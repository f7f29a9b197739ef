# caught by: test_whitens
import torch


def whiten(x, _right=whiten):
    return _right(x) + 1
