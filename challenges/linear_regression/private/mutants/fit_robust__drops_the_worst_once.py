# caught by: test_robust_against_outliers_in_y
import torch


def fit_robust(x, y):
    w, b = fit_closed_form(x, y)
    kept = (x @ w + b - y).abs().topk(int(0.9 * len(y)), largest=False).indices
    return fit_closed_form(x[kept], y[kept])
