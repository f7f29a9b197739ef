# caught by: test_gradient
import torch


def gradient(f, x):
    with torch.no_grad():
        out = torch.empty(x.numel(), dtype=x.dtype)
        for i in range(x.numel()):
            step = torch.zeros_like(out)
            step[i] = 1e-5
            out[i] = (f(x + step.view_as(x)) - f(x - step.view_as(x))) / 2e-5
    return out.view_as(x)
