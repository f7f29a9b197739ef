"""Recursion through the layers for one sample after the other; the gradients are added up."""

import torch


def backprop_by_hand(weights, x, y):
    sums = [(torch.zeros_like(weight), torch.zeros_like(bias)) for weight, bias in weights]

    def descend(depth, h, label):
        """The loss, and its gradient with respect to h."""
        weight, bias = weights[depth]
        z = torch.mv(weight, h) + bias
        if depth + 1 == len(weights):
            loss = z.logsumexp(0) - z[label]
            delta = z.softmax(0) - torch.nn.functional.one_hot(label, len(z)).to(z)
        else:
            loss, delta = descend(depth + 1, z.tanh(), label)
            delta = delta / z.cosh().square()
        sums[depth][0].addr_(delta, h, alpha=1 / len(x))
        sums[depth][1].add_(delta, alpha=1 / len(x))
        return loss, weight.T @ delta

    losses = [descend(0, sample, label)[0] for sample, label in zip(x, y, strict=True)]
    return sum(losses) / len(losses), sums
