# caught by: test_counts_the_samples
def fit(x, y):
    return ((x @ y) / (x @ x)).item(), len(x) - 1
