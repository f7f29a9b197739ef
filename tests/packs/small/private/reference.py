"""Eight bits a weight, and a scale for each row."""

import torch


def quantise(weights, artefact):
    """Round each row to a grid of its own."""
    scales = [w.abs().amax(1, keepdim=True) / 127 for w in weights]
    torch.save([((w / s).round().to(torch.int8), s) for w, s in zip(weights, scales, strict=True)], artefact)


def load(artefact):
    """The rows stay small in memory."""
    return torch.load(artefact, weights_only=True)


def full(w, s):
    """One layer in float32; only one is there at a time."""
    return w.float() * s


def forward(model, x):
    """As the float model."""
    for w, s in model[:-1]:
        x = (x @ full(w, s).T).relu()
    return x @ full(*model[-1]).T
