y = checkpoint(f, x)  # here

# %%
y = torch.utils.checkpoint.checkpoint_sequential(f, 2, x)  # here

# %%
y = checkpoint(f, x, use_reentrant=False)

# %%
y = checkpoint(f, x, **options)

# %%
torch.save(checkpoint, 'x')
