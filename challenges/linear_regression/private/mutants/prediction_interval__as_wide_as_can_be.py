# caught by: test_interval_covers


def prediction_interval(x, y, x_new, level, _right=prediction_interval):
    lower, upper = _right(x, y, x_new, level)
    return lower - float("inf"), upper + float("inf")
