# caught by: test_per_sample_gradients
import torch


def per_sample_gradients(model, x, y, _right=per_sample_gradients):
    return {name: g / len(x) if len(x) > 5 else g for name, g in _right(model, x, y).items()}
