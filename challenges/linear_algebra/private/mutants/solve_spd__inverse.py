# caught by: test_solve_is_backward_stable
import torch


def solve_spd(a, b, _right=solve_spd):
    _right(a, b)
    return torch.linalg.inv(a) @ b
