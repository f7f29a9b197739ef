def f(x, total=torch.zeros(3)):  # here
    total += x
    return total

# %%
def f(x, *, seen=t.zeros(3)):  # here
    seen[0] = x

# %%
def f(x, w=torch.ones(3)):
    return x * w

# %%
def f(x, w=torch.ones(3)):
    w = w.clone()
    w += x
    return w

# %%
def f(x, w=None):
    w = torch.ones(3)
    w += x
