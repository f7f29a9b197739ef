# caught by: test_backprop_of_one_hidden_layer
import torch


def backprop_by_hand(weights, x, y, _right=backprop_by_hand):
    loss, grads = _right(weights, x, y)
    return loss, grads[::-1]
