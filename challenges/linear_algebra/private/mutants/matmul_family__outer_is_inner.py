# caught by: test_products
import torch


def matmul_family(u, v, a, b, s, _right=matmul_family):
    return _right(u, v, a, b, s) | {"outer": v[:, None] * u}
