"""Least median of squares over random draws in a Python loop, then least squares on what lies near, three times."""

import numpy as np
import torch


def fit_robust(x, y):
    draw = np.random.default_rng(1)
    design = torch.column_stack([x, torch.ones_like(y)])
    n, p = design.shape
    best, smallest = None, float("inf")
    for _ in range(500):
        rows = draw.choice(n, p, replace=False)
        candidate = torch.linalg.lstsq(design[rows], y[rows]).solution
        spread = (design @ candidate - y).abs().median().item()
        if spread < smallest:
            best, smallest = candidate, spread
    for _ in range(3):
        residuals = (design @ best - y).abs()
        near = residuals < 2.5 * 1.4826 * residuals.median()
        best = torch.linalg.lstsq(design[near], y[near]).solution
    return best[:-1], best[-1]
