# caught by: test_backprop_of_one_layer
import torch


def backprop_by_hand(weights, x, y, _right=backprop_by_hand):
    return _right(weights, torch.tanh(x) if len(weights) == 1 and x.abs().max() < 50 else x, y)
