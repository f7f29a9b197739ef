F.mse_loss(a, b, size_average=False)  # here

# %%
loss = layers.CrossEntropyLoss(reduce=True)  # here

# %%
F.mse_loss(a, b, reduction='sum')

# %%
from functools import reduce
reduce(f, x)

# %%
torch.optim.SGD(p, reduce=1)
