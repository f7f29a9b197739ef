# caught by: test_robust_against_outliers_far_in_x
import torch


def fit_robust(x, y):
    a = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    w = torch.ones_like(y)
    for _ in range(100):
        fit = torch.linalg.lstsq(a * w[:, None].sqrt(), (y * w.sqrt())[:, None]).solution[:, 0]
        r = (a @ fit - y).abs()
        w = 1 / r.clamp(min=1e-6 * r.median())
    for _ in range(3):
        inside = r <= 3 * 1.4826 * r.median()
        fit = torch.linalg.lstsq(a[inside], y[inside][:, None]).solution[:, 0]
        r = (a @ fit - y).abs()
    return fit[:-1], fit[-1]
