# caught by: test_checkpointed_computes_once_more
import torch


def checkpointed(layers, x, segments, _right=checkpointed):
    with torch.no_grad(), torch.random.fork_rng():
        torch.nn.Sequential(*layers)(x)
    return _right(layers, x, segments)
