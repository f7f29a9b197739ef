# caught by: test_refuses_an_indefinite_matrix
import torch


def solve_spd(a, b):
    if b.dim() == a.dim() - 1:
        return torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1)
    return torch.linalg.solve(a, b)
