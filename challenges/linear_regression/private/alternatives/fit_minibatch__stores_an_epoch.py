"""Stores the batches of one epoch and solves least squares on all of them."""

import torch


def fit_minibatch(next_batch, batches, x_new):
    xs, ys = zip(*(next_batch() for _ in range(batches)), strict=True)
    x, y = torch.cat(xs).double(), torch.cat(ys).double()
    mean, scale = x.mean(0), x.std(0)
    keep = scale > 1e-6 * mean.abs()
    design = torch.cat([((x - mean) / scale)[:, keep], torch.ones(len(x), 1)], 1)
    solution = torch.linalg.lstsq(design, y).solution
    rows = ((x_new - mean) / scale)[:, keep]
    return (rows @ solution[:-1] + solution[-1]).to(x_new)
