# caught by: test_backprop_with_large_logits
import torch


def backprop_by_hand(weights, x, y):
    hs = [x]
    for w, b in weights[:-1]:
        hs.append(torch.tanh(hs[-1] @ w.mT + b))
    w, b = weights[-1]
    logits = hs[-1] @ w.mT + b
    logp = (logits.exp() / logits.exp().sum(-1, keepdim=True)).log()
    loss = -logp[range(len(y)), y].mean()
    delta = logp.exp()
    delta[range(len(y)), y] -= 1
    delta = delta / len(y)
    grads = []
    for i in reversed(range(len(weights))):
        grads.append((delta.mT @ hs[i], delta.sum(0)))
        if i:
            delta = (delta @ weights[i][0]) * (1 - hs[i] ** 2)
    return loss, grads[::-1]
