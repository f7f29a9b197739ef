x = torch.ones(3)
y = torch.tensor(x * 2)  # here

# %%
def f(x: t.Tensor):
    return t.tensor(x, dtype=t.float64)  # here

# %%
x = torch.tensor([1.0, 2.0])

# %%
def f(x):
    return torch.tensor(x)

# %%
y = torch.tensor(x.shape)

# %%
def f(x: Tensor):
    x = x.tolist()
    return torch.tensor(x)

# %%
y = torch.as_tensor(torch.ones(3))
