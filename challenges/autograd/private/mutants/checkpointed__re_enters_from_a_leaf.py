# caught by: test_checkpointed_input_without_gradient
import torch


def checkpointed(layers, x, segments):
    n = len(layers)
    bounds = [n * i // segments for i in range(segments + 1)]
    for a, b in zip(bounds, bounds[1:]):
        x = checkpoint(torch.nn.Sequential(*layers[a:b]), x, use_reentrant=not x.requires_grad)
    return x
