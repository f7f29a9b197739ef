"""No product of matrices at all: multiplies what broadcasts, and sums the axis that goes."""


def matmul_family(u, v, a, b, s):
    product = (a[:, :, None] * b).sum(1)
    through = (b * v[:, None]).sum(0)
    return {
        "outer": u[:, None] * v,
        "bilinear": (u[:, None] * a * v).sum(),
        "matvec": (a * v).sum(1),
        "matmul": product,
        "batched": (product[:, :, None] * s[:, None]).sum(-2),
        "weighted": (through[:, None] * s).sum((1, 2)),
        "column_means": a.sum(0) / a.shape[0],
    }
