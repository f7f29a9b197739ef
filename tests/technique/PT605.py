y = torch.log(F.softmax(x, -1))  # here

# %%
y = x.softmax(-1).log()  # here

# %%
y = torch.sigmoid(x).log()  # here

# %%
y = F.log_softmax(x, -1)

# %%
y = torch.log(x.sum())

# %%
y = softmax(x).sum().log()

# %%
y = torch.log(p + 1e-9)
