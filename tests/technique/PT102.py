def f(x: Tensor):
    for i in range(9):
        print(x.cpu()[i])  # here

# %%
x = torch.randn(5)
while True:
    print(torch.sum(x.to('cuda')))  # here

# %%
def f(x: Tensor):
    y = x.cpu()
    for i in range(9):
        print(y[i])

# %%
def f(x: Tensor):
    for i in range(9):
        x = g(x)
        print(x.cpu())

# %%
def f(x: Tensor):
    for i in range(9):
        x.mul_(2)
        print(x.cpu())

# %%
def f(w: Tensor):
    for i in range(9):
        opt.step()
        history.append(w.tolist())

# %%
def f(w: Tensor):
    for i in range(9):
        update(w)
        history.append(w.tolist())

# %%
def f(x: Tensor):
    for d in devices:
        print(x.to(d))

# %%
def f(model):
    for i in range(9):
        model.cpu()
