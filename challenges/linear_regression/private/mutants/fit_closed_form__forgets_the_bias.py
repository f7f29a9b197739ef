# caught by: test_closed_form
import torch


def fit_closed_form(x, y):
    return torch.linalg.pinv(x, rtol=1e-12) @ y, y.new_zeros(())
