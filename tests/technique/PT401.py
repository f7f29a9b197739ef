state = torch.load('x.pt', weights_only=False)  # here

# %%
state = pickle.load(open('x', 'rb'))  # here

# %%
from pickle import loads
state = loads(text)  # here

# %%
torch.load('x.pt')

# %%
torch.load('x.pt', weights_only=True)

# %%
y = pickle.loads(pickle.dumps(x))

# %%
pickle.dump(x, f)
