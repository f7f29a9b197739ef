# caught by: test_descent_takes_the_given_steps


def fit_gradient_descent(x, y, steps=500, lr=None, _right=fit_gradient_descent):
    if lr is None:
        return _right(x, y, steps, lr)
    return _right(x, y, steps, lr / 2) | {"lr": lr}
