# caught by: test_checkpointed_needs_little_memory
import torch


def checkpointed(layers, x, segments):
    return torch.nn.Sequential(*layers)(x)
