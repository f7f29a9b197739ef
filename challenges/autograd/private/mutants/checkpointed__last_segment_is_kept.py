# caught by: test_checkpointed_needs_little_memory
import torch


def checkpointed(layers, x, segments):
    return torch.utils.checkpoint.checkpoint_sequential(layers, segments, x, use_reentrant=False)
