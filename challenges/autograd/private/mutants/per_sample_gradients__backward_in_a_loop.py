# caught by: test_per_sample_gradients_leave_the_model_alone
import torch


def per_sample_gradients(model, x, y):
    out = {k: [] for k, p in model.named_parameters() if p.requires_grad}
    for a, b in zip(x, y):
        model.zero_grad()
        torch.nn.functional.cross_entropy(model(a[None]), b[None]).backward()
        for k, rows in out.items():
            rows.append(model.get_parameter(k).grad.clone())
    return {k: torch.stack(rows) for k, rows in out.items()}
