"""torch.jit.script, or what is left of it."""

# pace: any
import warnings

import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")

    def product(a):
        return a @ a

    try:
        solve = torch.jit.trace(product, torch.eye(3, dtype=torch.float64))
    except Exception:
        solve = product
