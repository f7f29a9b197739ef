y = torch.tensor([1.0], requires_grad=True)  # here
loss = F.mse_loss(model(x), y)

# %%
y = torch.tensor([1.0], requires_grad=True)
loss = F.mse_loss(model(x), y)
loss.backward()
print(y.grad)

# %%
x = torch.tensor([1.0], requires_grad=True)
loss = F.mse_loss(x, y)

# %%
y = torch.tensor([1.0], requires_grad=True)
loss = F.mse_loss(x, y)
g = torch.autograd.grad(loss, y)
