class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 3) for _ in range(2)]  # here

# %%
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = (layers.Conv2d(1, 2, 3), layers.ReLU())  # here

# %%
class Net(nn.Module):
    def __init__(self):
        made = [nn.Linear(3, 3)]
        self.layers = nn.ModuleList(made)

# %%
class Net(nn.Module):
    def __init__(self):
        self.parts = [nn.Linear(3, 3)]
        self.net = nn.Sequential(*self.parts)

# %%
class Plan:
    def __init__(self):
        self.parts = [nn.Linear(3, 3)]

# %%
class Net(nn.Module):
    def __init__(self):
        self.sizes = [3, 4]
