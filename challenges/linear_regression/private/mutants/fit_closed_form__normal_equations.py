# caught by: test_closed_form_of_a_bad_condition
import torch


def fit_closed_form(x, y):
    c = x - x.mean(0)
    w = torch.linalg.pinv(c.mT @ c, hermitian=True) @ (c.mT @ (y - y.mean()))
    return w, y.mean() - x.mean(0) @ w
