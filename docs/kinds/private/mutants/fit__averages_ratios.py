# caught by: test_fits_the_slope
def fit(x, y):
    return (y.mean() / 2).item(), len(x)
