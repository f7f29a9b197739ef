def f(x):
    y = x.expand(3, -1)
    y += 1  # here
    return y

# %%
y = x.expand_as(z)
y.mul_(2)  # here

# %%
y = x.expand(3, -1)
z = y + 1

# %%
y = x.expand(3, -1).clone()
y += 1

# %%
y = x.expand(3, -1)
y = y + 1
y += 1
