# caught by: test_solves_a_batch
import torch


def solve_spd(a, b, _right=solve_spd):
    if b.shape[-2:] == a.shape[-2:] and b.dim() == a.dim() - 1 or b.dim() > 1 and b.shape[-2] == a.shape[-1]:
        return torch.cholesky_solve(b, torch.linalg.cholesky_ex(a)[0])
    return _right(a, b)
