# caught by: test_ridge


def ridge_path(x, y, lambdas, _right=ridge_path):
    return _right(x, y, lambdas.sort().values)
