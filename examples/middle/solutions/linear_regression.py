import torch


def with_ones(x):
    return torch.cat([x, torch.ones(*x.shape[:-1], 1, dtype=x.dtype)], dim=-1)


def fit_closed_form(x, y):
    xc = x - x.mean(dim=0)
    w = torch.linalg.pinv(xc) @ (y - y.mean())
    return w, y.mean() - (x.mean(dim=0) * w).sum()


def fit_gradient_descent(x, y, steps=500, lr=None):
    n = x.shape[0]
    if lr is None:
        a = with_ones(x)
        lr = 1 / torch.linalg.eigvalsh(2 / n * a.T @ a).max().item()
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    b = torch.zeros((), dtype=x.dtype)
    losses = []
    for i in range(steps + 1):
        error = x @ w + b - y
        losses.append((error**2).mean())
        if i < steps:
            w, b = w - lr * 2 * (x.T @ error) / n, b - lr * 2 * error.mean()
    return {"weights": w, "bias": b, "losses": torch.stack(losses), "lr": lr}


def ridge_path(x, y, lambdas):
    # one more feature for the bias; it is shrunk like the others
    a = with_ones(x)
    eye = torch.eye(a.shape[1], dtype=a.dtype)
    solutions = torch.stack([torch.linalg.solve(a.T @ a + lam * eye, a.T @ y) for lam in lambdas])
    return solutions[:, :-1], solutions[:, -1]


def fit_minibatch(next_batch, batches, x_new):
    parts = [next_batch() for _ in range(batches)]
    x = torch.cat([p[0] for p in parts]).double()
    y = torch.cat([p[1] for p in parts]).double()
    mean, std = x.mean(0), x.std(0)
    std[std < 1e-9] = 1
    solution = torch.linalg.lstsq(with_ones((x - mean) / std), y[:, None], driver="gelsd").solution[:, 0]
    return (with_ones((x_new.double() - mean) / std) @ solution).float()


def fit_robust(x, y):
    # drops the worst fifth once
    w, b = fit_closed_form(x, y)
    error = (x @ w + b - y).abs()
    keep = error <= error.quantile(0.8)
    return fit_closed_form(x[keep], y[keep])


def prediction_interval(x, y, x_new, level):
    a = with_ones(x)
    solution = torch.linalg.lstsq(a, y.unsqueeze(-1)).solution
    residual = y - (a @ solution).squeeze(-1)
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor((1 + level) / 2))
    half = z * residual.std(dim=-1, keepdim=True)
    centre = (with_ones(x_new) @ solution).squeeze(-1)
    return centre - half, centre + half
