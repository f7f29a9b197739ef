# caught by: test_ridge_does_not_penalise_the_bias


def ridge_path(x, y, lambdas, _right=ridge_path):
    weights, biases = _right(x, y, lambdas)
    return weights, biases * 0 + y.mean()
