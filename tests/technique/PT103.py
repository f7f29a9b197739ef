def f(x):
    out = torch.empty(x.shape[0])
    for i in range(x.shape[0]):  # here
        out[i] = torch.exp(x[i])

# %%
def f(x, y, out):
    n, m = x.shape
    for i in range(n):  # here
        for j in range(y.size(0)):
            out[i, j] = (x[i] - y[j]).square().sum()

# %%
def f(x: Tensor, w):
    rows = []
    for row in x:  # here
        rows.append(row @ w)
    return torch.stack(rows)

# %%
def f(x: Tensor, w):
    return torch.stack([torch.dot(row, w) for row in x])  # here

# %%
def f(x: Tensor):
    total = 0
    for i in range(len(x)):  # here
        total += x[i] * x[i]
    return total

# %%
# a recurrence
def f(x, out):
    for i in range(1, x.shape[0]):
        out[i] = out[i - 1] + x[i]

# %%
def f(x: Tensor):
    s = 0
    for i in range(len(x)):
        s = 0.9 * s + x[i]
    return s

# %%
# who knows what that does
def f(x, out):
    for i in range(x.shape[0]):
        out[i] = solve(x[i])

# %%
# blocks
def f(x, out):
    for i in range(0, x.shape[0], 64):
        out[i : i + 64] = x[i : i + 64].exp()

# %%
def f(x, out):
    for i in range(x.shape[0]):
        out[i] = x[: i + 1].sum()

# %%
def f(x, out):
    for i in range(x.shape[0]):
        out[i] = x[i] * i

# %%
def f(x, out):
    for i in range(x.shape[0]):
        if x[i] > 0:
            out[i] = x[i]

# %%
def f(model, x, out):
    for i in range(x.shape[0]):
        out[i] = model(x[i])

# %%
# may be a list of unlike tensors
def f(rows):
    return torch.stack([row.sum() for row in rows])

# %%
def f(x: Tensor):
    for i in range(len(x)):
        last = x[i].sum()
    return last

# %%
def f(x: Tensor):
    for layer in layers:
        x = torch.relu(x @ layer)
    return x

# %%
for epoch in range(x.shape[0]):
    loss = (w * w).sum()
    losses.append(loss)
