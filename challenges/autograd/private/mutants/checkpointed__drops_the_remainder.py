# caught by: test_checkpointed_in_unequal_segments
import torch


def checkpointed(layers, x, segments):
    n = len(layers) // segments
    for a in range(0, n * segments, n):
        x = checkpoint(torch.nn.Sequential(*layers[a : a + n]), x, use_reentrant=False)
    return x
