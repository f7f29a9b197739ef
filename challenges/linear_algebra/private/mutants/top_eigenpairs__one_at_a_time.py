# caught by: test_eigenpairs_close_together
import torch


def top_eigenpairs(matvec, n, k):
    values, vectors = [], torch.zeros(n, 0, dtype=torch.float64)
    for _ in range(k):
        v = torch.randn(n, dtype=torch.float64)
        for _ in range(39):
            v = v - vectors @ (vectors.mT @ v)
            v = matvec(v / v.norm())
        v = v - vectors @ (vectors.mT @ v)
        v = v / v.norm()
        values.append(v @ matvec(v))
        vectors = torch.cat([vectors, v[:, None]], 1)
    return torch.stack(values), vectors
