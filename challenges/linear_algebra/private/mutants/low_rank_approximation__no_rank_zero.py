# caught by: test_low_rank_at_the_ends
import torch


def low_rank_approximation(a, k, _right=low_rank_approximation):
    return _right(a, max(k, 1))
