# caught by: test_descent_reaches_the_optimum


def fit_gradient_descent(x, y, steps=500, lr=None, _right=fit_gradient_descent):
    return _right(x, y, steps, 1 / x.square().sum().item() if lr is None else lr)
