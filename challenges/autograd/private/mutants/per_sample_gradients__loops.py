# caught by: test_per_sample_gradients_in_one_go
import torch


def per_sample_gradients(model, x, y):
    ps = {k: p for k, p in model.named_parameters() if p.requires_grad}
    rows = [
        torch.autograd.grad(torch.nn.functional.cross_entropy(model(a[None]), b[None]), list(ps.values()))
        for a, b in zip(x, y)
    ]
    return {k: torch.stack(r) for k, r in zip(ps, zip(*rows))}
