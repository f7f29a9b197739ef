# caught by: test_per_sample_gradients_of_other_layers
import torch


def per_sample_gradients(model, x, y, _right=per_sample_gradients):
    out = _right(model, x, y)
    return {k: out.get(k, torch.zeros(len(x), *p.shape, dtype=x.dtype)) for k, p in model.named_parameters()}
