# caught by: test_quadratic_form_of_other_layouts
import torch


def batched_quadratic_form(a, x, _right=batched_quadratic_form):
    return _right(a.as_strided(a.shape, torch.empty(a.shape).stride()), x)
