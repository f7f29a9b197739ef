# caught by: test_interval_covers
import torch


def _student_quantile(probability, freedom):
    return torch.special.ndtri(torch.tensor(probability, dtype=torch.float64))
