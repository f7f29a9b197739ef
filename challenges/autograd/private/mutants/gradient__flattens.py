# caught by: test_gradient_in_float32
import torch


def gradient(f, x, _right=gradient):
    return _right(f, x) if x.dim() else _right(f, x.reshape(1))
