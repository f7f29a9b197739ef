# caught by: test_interval_of_other_batches
import torch


def prediction_interval(x, y, x_new, level, _right=prediction_interval):
    parts = [_right(*part, level) for part in zip(x, y, x_new, strict=True)]
    return torch.stack([lower for lower, _ in parts]), torch.stack([upper for _, upper in parts])
