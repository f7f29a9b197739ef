# caught by: test_per_sample_gradients_are_fast
import torch
from torch import nn


def per_sample_gradients(model, x, y):
    """One forward and one backward pass for every sample."""
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    rows = []
    for sample, label in zip(x, y, strict=True):
        loss = nn.functional.cross_entropy(model(sample.unsqueeze(0)), label.unsqueeze(0))
        rows.append(torch.autograd.grad(loss, list(trained.values())))
    return {name: torch.stack(parts) for name, parts in zip(trained, zip(*rows, strict=True), strict=True)}
