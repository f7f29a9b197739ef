def f():
    total = 0
    for x in data:
        loss = F.mse_loss(model(x), x)
        loss.backward()
        total += loss  # here

# %%
def f():
    for x in data:
        loss = criterion(x)
        loss.backward()
        losses.append(loss)  # here

# %%
for x in data:
    loss = f(x)
    loss.backward()
    total += loss.item()

# %%
for x in data:
    loss = f(x)
    loss.backward()
    total += loss.detach()

# %%
for x in data:
    loss = f(x)
    total += loss
total.backward()

# %%
for x in data:
    loss = f(x)
    loss.backward()
    loss = loss.item()
    losses.append(loss)

# %%
for x in data:
    loss = f(x)
    loss.backward()
    with torch.no_grad():
        total += loss

# %%
for x in data:
    losses.append(f(x))
