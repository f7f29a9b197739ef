# caught by: test_interval_covers
import torch


def prediction_interval(x, y, x_new, level):
    a, r = (torch.cat([z, torch.ones_like(z[..., :1])], -1) for z in (x, x_new))
    fit = torch.linalg.pinv(a) @ y.unsqueeze(-1)
    nu = a.shape[-2] - a.shape[-1]
    s2 = (y.unsqueeze(-1) - a @ fit).square().sum((-2, -1)) / nu
    half = _student_quantile((1 + level) / 2, nu) * s2.unsqueeze(-1).sqrt()
    c = (r @ fit).squeeze(-1)
    return c - half, c + half
