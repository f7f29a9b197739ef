"""Contracts axes by number; several results are views that are not contiguous, and the dict is an ordered one."""

from collections import OrderedDict

import torch


def matmul_family(u, v, a, b, s):
    family = OrderedDict()
    family["outer"] = torch.outer(v, u).T
    family["bilinear"] = torch.dot(u, torch.mv(a, v))
    family["matvec"] = torch.addmv(u, a, v, beta=0)
    family["matmul"] = torch.mm(b.T, a.T).T
    family["batched"] = torch.tensordot(family["matmul"], s, dims=([1], [1])).movedim(0, 1)
    family["weighted"] = torch.tensordot(s.sum(2), v @ b, dims=1)
    family["column_means"] = torch.stack([column.mean() for column in a.unbind(1)])
    return family
