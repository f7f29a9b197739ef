"""Modified Gram-Schmidt on the centred features, each orthogonalised twice."""

import torch


def whiten(x):
    done = []
    for feature in (x - x.mean(-2, keepdim=True)).unbind(-1):
        rest = feature
        for _ in range(2):
            for other in done:
                rest = rest - (rest * other).sum(-1, keepdim=True) * other
            rest = rest / rest.norm(dim=-1, keepdim=True)
        done.append(rest)
    return torch.stack(done, -1) * (x.shape[-2] - 1) ** 0.5
