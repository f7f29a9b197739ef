# caught by: test_doubles
def double(x):
    return x * x
