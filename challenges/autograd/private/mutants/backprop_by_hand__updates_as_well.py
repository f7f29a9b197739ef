# caught by: test_backprop_leaves_its_inputs_alone
import torch


def backprop_by_hand(weights, x, y, _right=backprop_by_hand):
    loss, grads = _right(weights, x, y)
    for (w, b), (gw, gb) in zip(weights, grads):
        w -= 0.1 * gw
        b -= 0.1 * gb
    return loss, grads
