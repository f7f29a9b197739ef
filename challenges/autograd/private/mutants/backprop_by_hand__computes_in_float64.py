# caught by: test_backprop_in_float32
import torch


def backprop_by_hand(weights, x, y, _right=backprop_by_hand):
    return _right([(w.double(), b.double()) for w, b in weights], x.double(), y)
