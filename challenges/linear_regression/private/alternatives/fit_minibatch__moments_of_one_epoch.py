"""One epoch is enough: sums of products in float64 about the first sample, and the normal equations in unit scales."""

import torch


def fit_minibatch(next_batch, batches, x_new):
    origin, moments = None, 0
    for _ in range(batches):
        x, y = next_batch()
        rows = torch.column_stack([x, y]).double()
        origin = rows[:1] if origin is None else origin
        rows = torch.nn.functional.pad(rows - origin, (0, 1), value=1)
        moments = moments + rows.T @ rows
    count, sums = moments[-1, -1], moments[-1, :-1]
    covariance = moments[:-1, :-1] / count - torch.outer(sums, sums) / count**2
    scales = covariance.diagonal().clamp(min=0).sqrt()
    scales = torch.where(scales > 0, scales, 1)
    correlation = covariance / torch.outer(scales, scales)
    beta = torch.linalg.pinv(correlation[:-1, :-1], hermitian=True, rtol=1e-10) @ correlation[:-1, -1]
    beta = beta / scales[:-1] * scales[-1]
    mean = origin[0] + sums / count
    return (mean[-1] + (x_new.double() - mean[:-1]) @ beta).float()
