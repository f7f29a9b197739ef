# caught by: test_descent_of_no_steps


def fit_gradient_descent(x, y, steps=500, lr=None, _right=fit_gradient_descent):
    out = _right(x, y, max(steps, 1), lr)
    return out if steps else out | {"losses": out["losses"][1:]}
