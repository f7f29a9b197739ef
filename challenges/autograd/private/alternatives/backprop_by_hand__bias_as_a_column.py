"""Each bias is one more column of its weight; the two gradients are views of one."""

import torch
from torch.nn.functional import nll_loss, one_hot, pad


def backprop_by_hand(weights, x, y):
    joined = [torch.cat((w, b[:, None]), dim=1) for w, b in weights]
    taken, z = [], None
    for matrix in joined:
        taken.append(pad(x if z is None else z.tanh(), (0, 1), value=1.0))
        z = torch.einsum("ni,oi->no", taken[-1], matrix)
    log_p = z - torch.logsumexp(z, 1, keepdim=True)
    delta = (log_p.exp() - one_hot(y, z.shape[1])) / y.numel()
    grads = []
    while joined:
        matrix, h = joined.pop(), taken.pop()
        grad = torch.einsum("no,ni->oi", delta, h)
        grads.insert(0, (grad[:, :-1], grad[:, -1]))
        delta = torch.einsum("no,oi,ni->ni", delta, matrix, 1 - h * h)[:, :-1]
    return nll_loss(log_p, y), grads
