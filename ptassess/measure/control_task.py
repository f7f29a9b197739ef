"""What the A/A control runs, on both sides."""

import torch


def square(a: torch.Tensor) -> torch.Tensor:
    """A matrix times itself.

    Args:
        a: ``(n, n)``.
    """
    return a @ a


def chain(a: torch.Tensor) -> torch.Tensor:
    """A matrix to the 65th power: on an accelerator one product takes less than copying its factor.

    Args:
        a: ``(n, n)``.
    """
    product = a
    for _ in range(64):
        product = product @ a
    return product
