"""A functools.partial."""

# pace: same
from functools import partial


def product(a, *, times):
    out = a
    for _ in range(times):
        out = out @ a
    return out


solve = partial(product, times=1)
