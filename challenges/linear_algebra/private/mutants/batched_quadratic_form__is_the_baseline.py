# caught by: test_quadratic_form_is_fast
import torch


def batched_quadratic_form(a, x):
    """One element after the other."""
    a, x = torch.broadcast_tensors(a, x.unsqueeze(-2))[0], torch.broadcast_tensors(a[..., 0], x)[1]
    flat_a, flat_x = a.reshape(-1, *a.shape[-2:]), x.reshape(-1, x.shape[-1])
    values = [
        sum(v[i] * m[i, j] * v[j] for i in range(len(v)) for j in range(len(v)))
        for m, v in zip(flat_a, flat_x, strict=True)
    ]
    return torch.stack(values).reshape(x.shape[:-1]) if values else x.new_zeros(x.shape[:-1])
