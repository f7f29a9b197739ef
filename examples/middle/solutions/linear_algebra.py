import torch


def matmul_family(u, v, a, b, s):
    m, k = len(u), len(s)
    weights = v @ b
    weighted = torch.zeros(k, dtype=s.dtype)
    for i in range(k):
        weighted[i] = (weights @ s[i]).sum()
    return {
        "outer": torch.outer(u, v),
        "bilinear": torch.dot(u, torch.mv(a, v)),
        "matvec": torch.mv(a, v),
        "matmul": torch.mm(a, b),
        "batched": torch.bmm(torch.mm(a, b).repeat(k, 1, 1), s),
        "weighted": weighted,
        "column_means": torch.mean(a, dim=0).reshape(-1),
    }


def batched_quadratic_form(a, x):
    # one einsum for single inputs and one for batches
    if x.dim() == 1:
        return torch.einsum("i,ij,j->", x, a, x)
    return torch.einsum("bi,bij,bj->b", x, a, x)


def pairwise_distances(x, y):
    xx = (x**2).sum(-1, keepdim=True)
    yy = (y**2).sum(-1, keepdim=True)
    d2 = xx + yy.transpose(-1, -2) - 2 * x @ y.transpose(-1, -2)
    return torch.sqrt(torch.relu(d2))


def low_rank_approximation(a, k):
    u, s, v = torch.svd(a)
    s = s.clone()
    s[..., k:] = 0
    return u @ torch.diag_embed(s) @ v.transpose(-1, -2)


def solve_spd(a, b):
    # A is positive definite, so the inverse exists
    return torch.linalg.inv(a) @ b


def whiten(x):
    x = x - x.mean(dim=-2, keepdim=True)
    cov = x.transpose(-1, -2) @ x / (x.shape[-2] - 1)
    vals, vecs = torch.linalg.eigh(cov)
    return x @ vecs @ torch.diag_embed(1 / torch.sqrt(vals + 1e-5))


def top_eigenpairs(matvec, n, k):
    raise NotImplementedError
