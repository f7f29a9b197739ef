# caught by: test_closed_form_with_more_features_than_samples
import torch


def fit_closed_form(x, y):
    fit = torch.linalg.pinv(torch.cat([x, torch.ones_like(x[:, :1])], 1)) @ y
    return fit[:-1], fit[-1]
