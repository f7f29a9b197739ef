try:
    f()
except:  # here
    pass

# %%
for x in y:
    try:
        f()
    except Exception:  # here
        continue

# %%
try:
    import triton
except ImportError:
    pass

# %%
try:
    f()
except Exception:
    raise

# %%
try:
    f()
except Exception as error:
    print(error)
