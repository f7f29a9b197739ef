u, s, v = t.svd(a)  # here

# %%
with torch.cuda.amp.autocast():  # here
    pass

# %%
from torch.autograd import Variable as V
x = V(y)  # here

# %%
from torch.nn.init import xavier_uniform
xavier_uniform(w)  # here

# %%
make = torch.ger  # here
y = make(a, b)

# %%
u, s, v = torch.linalg.svd(a)

# %%
def svd(a): ...
u = svd(a)

# %%
x = a.norm()

# %%
with torch.amp.autocast('cuda'):
    pass

# %%
class torch_like:
    svd = 1
torch_like.svd

# %%
def f(torch):
    return torch.svd(1)

# %%
nn.init.uniform_(w)

# %%
nn.utils.clip_grad_norm_(p, 1.0)

# %%
y = F.sigmoid(x)
