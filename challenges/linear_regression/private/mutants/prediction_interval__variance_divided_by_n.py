# caught by: test_interval_covers


def prediction_interval(x, y, x_new, level, _right=prediction_interval):
    lower, upper = _right(x, y, x_new, level)
    n, d = x.shape[-2:]
    centre, half = (lower + upper) / 2, (upper - lower) / 2 * ((n - d - 1) / n) ** 0.5
    return centre - half, centre + half
