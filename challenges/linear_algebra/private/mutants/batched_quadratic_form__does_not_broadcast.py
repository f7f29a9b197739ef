# caught by: test_quadratic_form_broadcasts
import torch


def batched_quadratic_form(a, x):
    return torch.bmm(
        torch.bmm(x.reshape(-1, 1, x.shape[-1]), a.reshape(-1, *a.shape[-2:])), x.reshape(-1, x.shape[-1], 1)
    ).reshape(x.shape[:-1])
