"""One ordinary forward pass, and one backward pass for a batch of unit vectors."""

import torch


def per_sample_gradients(model, x, y):
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    picked = model(x).log_softmax(-1).gather(-1, y.unsqueeze(-1)).squeeze(-1)
    units = -torch.eye(len(y), dtype=picked.dtype)
    found = torch.autograd.grad(picked, named.values(), units, is_grads_batched=True)
    return {name: g.detach() for name, g in zip(named, found, strict=True)}
