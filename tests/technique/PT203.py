def f(x):
    w = torch.zeros(3, requires_grad=True)
    (x @ w).sum().backward()
    w -= 0.1 * w.grad  # here

# %%
def f(x):
    w = nn.Parameter(torch.zeros(3))
    (x @ w).sum().backward()
    w.sub_(0.1 * w.grad)  # here

# %%
def f(x):
    w = torch.zeros(3, requires_grad=True)
    (x @ w).sum().backward()
    with torch.no_grad():
        w -= w.grad

# %%
@torch.no_grad()
def f(x):
    w = torch.zeros(3, requires_grad=True)
    w += 1

# %%
def f(x):
    w = torch.zeros(3)
    w += 1
    w.requires_grad_()
    (x @ w).backward()

# %%
def f(x):
    w = torch.zeros(3, requires_grad=True)
    w = w * 2
    w += 1
    w.sum().backward()
