# caught by: test_whitens_a_batch
import torch


def whiten(x, _right=whiten):
    return _right(x.reshape(-1, x.shape[-1])).reshape(x.shape)
