# caught by: test_closed_form_of_a_deficient_rank
import torch


def fit_closed_form(x, y):
    c = x - x.mean(0)
    if x.shape[1] >= x.shape[0]:
        w = torch.linalg.pinv(c) @ (y - y.mean())
    else:
        q, r = torch.linalg.qr(c)
        good = r.diagonal().abs() > 1e-10 * r.diagonal().abs().max()
        w = x.new_zeros(x.shape[1])
        w[good] = torch.linalg.lstsq(c[:, good], (y - y.mean())[:, None]).solution[:, 0]
    return w, y.mean() - x.mean(0) @ w
