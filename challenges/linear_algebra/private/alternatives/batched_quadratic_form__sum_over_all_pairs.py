"""The sum of all elements of A times those of x xᵀ."""


def batched_quadratic_form(a, x):
    return (a * x.unsqueeze(-1) * x.unsqueeze(-2)).flatten(-2).sum(-1)
