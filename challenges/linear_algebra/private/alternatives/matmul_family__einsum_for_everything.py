"""Each formula as an einsum; the mean is a sum with equal weights."""

import torch
from torch import einsum


def matmul_family(u, v, a, b, s):
    return {
        "outer": einsum("m,n->mn", u, v),
        "bilinear": einsum("m,mn,n->", u, a, v),
        "matvec": einsum("mn,n->m", a, v),
        "matmul": einsum("mn,np->mp", a, b),
        "batched": einsum("mn,np,kpq->kmq", a, b, s),
        "weighted": einsum("kpq,np,n->k", s, b, v),
        "column_means": einsum("mn,m->n", a, torch.full_like(u, 1 / len(u))),
    }
