# caught by: test_robust_in_any_unit
import torch


def fit_robust(x, y):
    a = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    index = torch.rand(300, len(y)).topk(a.shape[1]).indices
    fits = torch.linalg.lstsq(a[index], y[index].unsqueeze(-1)).solution.squeeze(-1)
    inside = (fits @ a.mT - y).abs() <= 1.0
    best = inside[inside.sum(1).argmax()]
    for _ in range(3):
        fit = torch.linalg.lstsq(a[best], y[best][:, None]).solution[:, 0]
        best = (a @ fit - y).abs() <= 1.0
    return fit[:-1], fit[-1]
