# caught by: test_robust_against_outliers_in_y


def fit_robust(x, y):
    return fit_closed_form(x, y)
