"""checkpoint_sequential on modules that are segments already; what it does not checkpoint, its last, does nothing."""

import numpy as np
from torch import nn
from torch.utils.checkpoint import checkpoint_sequential


def checkpointed(layers, x, segments):
    parts = [nn.Sequential(*(layers[i] for i in part)) for part in np.array_split(range(len(layers)), segments)]
    return checkpoint_sequential([*parts, nn.Identity()], segments + 1, x, use_reentrant=False)
