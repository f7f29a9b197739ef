p = F.softmax(x)  # here

# %%
layer = nn.LogSoftmax()  # here

# %%
F.softmax(x, -1)

# %%
F.softmax(x, dim=1)

# %%
torch.softmax(x, 0)

# %%
nn.Softmax(dim=1)

# %%
F.softmax(*given)

# %%
F.softmax(x, **how)
