def accuracy(model, loader):
    model.eval()
    right = 0
    for x, y in loader:
        right += (model(x).argmax(1) == y).sum().item()  # here
    return right

# %%
def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            n = model(x).argmax().item()

# %%
@torch.inference_mode()
def accuracy(model, loader):
    model.eval()
    for x in loader:
        n = model(x).argmax().item()

# %%
def attack(model, loader):
    model.eval()
    for x in loader:
        model(x).sum().backward()
        n = x.grad.sum().item()

# %%
def score(model, loader):
    model.eval()
    for x in loader:
        n = model(x).argmax().item()

with torch.no_grad():
    score(a, b)

# %%
def outputs(model, loader):
    model.eval()
    return [model(x) for x in loader]
