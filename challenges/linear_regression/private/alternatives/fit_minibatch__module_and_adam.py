"""A linear module under Adam with a falling rate, after an epoch for means and scales; the result carries its graph."""

import torch
from torch import nn


def fit_minibatch(next_batch, batches, x_new):
    torch.manual_seed(0)
    seen = [next_batch() for _ in range(batches)]
    x, y = torch.cat([x for x, _ in seen]), torch.cat([y for _, y in seen])
    center, scale = x.mean(0), x.std(0)
    scale[scale <= 1e-6 * center.abs()] = 1
    model = nn.Linear(x.shape[1], 1)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=39 * batches)
    for _ in range(39 * batches):
        features, targets = next_batch()
        optimiser.zero_grad()
        predicted = model((features - center) / scale).squeeze(-1)
        nn.functional.mse_loss(predicted, (targets - y.mean()) / y.std()).backward()
        optimiser.step()
        schedule.step()
    return model((x_new - center) / scale).squeeze(-1) * y.std() + y.mean()
