def f(x: Tensor):
    return [x[i].item() for i in range(3)]  # here

# %%
x = t.zeros(4)
for i in range(4):
    print(float(x[i]))  # here

# %%
def f(x: torch.Tensor):
    for i in range(2):
        for j in range(2):
            g(x[i, j].item())  # here

# %%
# not one after the other
def f(x: Tensor):
    for i in range(3):
        print(x[0].item())

# %%
# once a step is how one logs
for x, y in data:
    total += loss.item()

# %%
# a list of tensors
def f(history: list):
    return [history[i].item() for i in range(3)]

# %%
# each needs the one before
def f(x: Tensor):
    for i in range(3):
        x[i + 1] = g(x[i].item())

# %%
def f(x: Tensor):
    return [float(v) for v in x.tolist()]

# %%
names = ['1', '2']
for i in range(2):
    print(int(names[i]))
