x = torch.ones(2)
x.require_grad = True  # here

# %%
x.requires_grad = True

# %%
ask = x.require_grad
