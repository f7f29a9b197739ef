# caught by: test_interval_of_other_levels


def prediction_interval(x, y, x_new, level, _right=prediction_interval):
    return _right(x, y, x_new, 0.9)
