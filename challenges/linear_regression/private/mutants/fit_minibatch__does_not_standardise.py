# caught by: test_minibatch
import torch


def fit_minibatch(next_batch, batches, x_new):
    w, b = torch.zeros(x_new.shape[1]), torch.zeros(())
    for _ in range(40 * batches):
        x, y = next_batch()
        r = x @ w + b - y
        w, b = w - 1e-7 * x.mT @ r / len(y), b - 1e-2 * r.mean()
    return x_new @ w + b
