# caught by: test_minibatch_learns_nothing_from_new_rows
import torch


def fit_minibatch(next_batch, batches, x_new):
    first = [next_batch() for _ in range(batches)]
    x, y = torch.cat([x for x, _ in first]), torch.cat([y for _, y in first])
    mean, scale = x.mean(0), x.std(0)
    scale = torch.where(scale > 1e-6 * mean.abs(), scale, torch.inf)
    w, b = torch.zeros_like(mean), torch.zeros(())
    for step in range(39 * batches):
        xb, yb = next_batch()
        xb = (xb - mean) / scale
        r = xb @ w + b - (yb - y.mean()) / y.std()
        lr = 0.04 * (1 - step / 39 / batches)
        w, b = w - lr * 2 * xb.mT @ r / len(r), b - lr * 2 * r.mean()
    new = (x_new - x_new.mean(0)) / (x_new.std(0) + 1e-6)
    return (new @ w + b) * y.std() + y.mean()
