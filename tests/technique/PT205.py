for p in model.parameters():
    p.data -= 0.1 * p.grad  # here

# %%
layer.weight.data.zero_()  # here

# %%
def f(x: Tensor):
    return x.data  # here

# %%
rows = dataset.data

# %%
def f(batch):
    return batch.data

# %%
x = torch.ones(3)
p = x.data_ptr()

# %%
self.data = x
