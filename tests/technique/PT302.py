model = nn.Sequential(nn.Linear(3, 3), nn.Dropout())
model.train()

@torch.no_grad()
def accuracy(loader):
    for x in loader:
        print(model(x).argmax())  # here

# %%
# no such layer
model = nn.Linear(3, 3)
model.train()
with torch.no_grad():
    for x in data:
        print(model(x))

# %%
model = nn.Sequential(nn.Dropout())
model.train()
with torch.no_grad():
    model.eval()
    for x in data:
        print(model(x))

# %%
model = nn.Sequential(nn.Dropout())
model.train()
@torch.no_grad()
def mc_dropout():
    for x in data:
        print(model(x))

# %%
model = nn.Sequential(nn.Dropout())
model.train(False)
with torch.no_grad():
    for x in data:
        print(model(x))
