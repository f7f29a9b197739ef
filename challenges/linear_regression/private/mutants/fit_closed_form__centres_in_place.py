# caught by: test_closed_form_leaves_its_inputs_alone
import torch


def fit_closed_form(x, y):
    mean_x, mean_y = x.mean(0), y.mean()
    x -= mean_x
    y -= mean_y
    w = torch.linalg.pinv(x, rtol=1e-12 if x.dtype == torch.float64 else None) @ y
    return w, mean_y - mean_x @ w
