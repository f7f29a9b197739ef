opt = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data:
    loss = F.mse_loss(model(x), y)
    loss.backward()
    opt.step()  # here

# %%
opt = torch.optim.SGD(p)
for x in data:
    opt.zero_grad()
    f(x).backward()
    opt.step()

# %%
opt = torch.optim.SGD(p)
for x in data:
    f(x).backward()
    opt.step()
    w.grad = None

# %%
for x in data:
    opt = torch.optim.SGD(p)
    f(x).backward()
    opt.step()

# %%
opt = torch.optim.SGD(p)
for x in data:
    opt.step(closure)

# %%
from helpers import clear
opt = torch.optim.SGD(p)
for x in data:
    clear(p)
    f(x).backward()
    opt.step()

# %%
plan = torch.optim.lr_scheduler.StepLR(opt, 1)
for x in data:
    f(x).backward()
    plan.step()
