# caught by: test_refuses_a_batch_with_one_indefinite_matrix
import torch


def solve_spd(a, b, _right=solve_spd):
    if a.dim() == 2:
        return _right(a, b)
    _right(a[0], b[0])
    return torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1) if b.dim() == a.dim() - 1 else torch.linalg.solve(a, b)
