# caught by: test_per_sample_gradients_of_other_layers
import torch


def per_sample_gradients(model, x, y):
    kept = {}
    handles = [
        l.register_forward_hook(lambda l, i, o, k=k: kept.__setitem__(k, (i[0].detach(), o)))
        for k, l in model.named_modules()
        if isinstance(l, torch.nn.Linear)
    ]
    loss = torch.nn.functional.cross_entropy(model(x), y, reduction="sum")
    for h in handles:
        h.remove()
    gs = torch.autograd.grad(loss, [o for _, o in kept.values()])
    out = {}
    for (k, (i, _)), g in zip(kept.items(), gs):
        out[f"{k}.weight"], out[f"{k}.bias"] = torch.einsum("no,ni->noi", g, i), g
    return out
