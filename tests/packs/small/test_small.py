"""Checks of the smallest challenge with a footprint."""

import pytest
import torch


def accuracy(out, labels):
    return (out.argmax(1) == labels).double().mean().item()


def teacher(rng):
    """Weights of 12 MiB, inputs, and the classes that these weights give them."""
    weights = [torch.randn(512, 512, generator=rng) * (2 / 512) ** 0.5 for _ in range(12)]
    weights.append(torch.randn(10, 512, generator=rng))
    y = x = torch.randn(256, 512, generator=rng)
    for w in weights[:-1]:
        y = (y @ w.T).relu()
    return weights, x, (y @ weights[-1].T).argmax(1)


# [footprint]
@pytest.mark.task("quantise")
def test_is_small_and_still_right(footprint, probes, rng):
    """A third of the bytes, six tenths of the memory, and at most fifteen points of accuracy less."""
    weights, x, labels = teacher(rng)
    footprint(
        make=probes.make,
        make_args=(weights,),
        artefact="model.bin",
        answer=probes.answer,
        held_out=(x, labels),
        score=accuracy,
        loses_at_most=0.15,
        size_at_most=0.33,
        memory_at_most=0.6,
        latency_at_most=3,
    )


# [/footprint]
