# caught by: test_descent_in_float32


def fit_gradient_descent(x, y, steps=500, lr=None, _right=fit_gradient_descent):
    return _right(x.double(), y.double(), steps, lr)
