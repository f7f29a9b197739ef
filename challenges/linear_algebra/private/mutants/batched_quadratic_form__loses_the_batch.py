# caught by: test_quadratic_form_of_a_batch
import torch


def batched_quadratic_form(a, x):
    return (
        (x @ a[..., 0, :, :] @ x.mT).diagonal()
        if x.dim() > 1 and a.dim() == 2
        else (x @ a @ x.mT).sum()
        if x.dim() > 1
        else x @ a @ x
    )
