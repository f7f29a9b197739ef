x = torch.linalg.inv(a) @ b  # here

# %%
from torch import linalg as la
x = la.inv(a.mT @ a) @ b  # here

# %%
inverse = torch.linalg.inv(a)
x = inverse @ b
y = inverse @ c

# %%
x = torch.linalg.solve(a, b)

# %%
x = inv(a) @ b
