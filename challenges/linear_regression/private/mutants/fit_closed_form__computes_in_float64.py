# caught by: test_closed_form_in_float32


def fit_closed_form(x, y, _right=fit_closed_form):
    return _right(x.double(), y.double())
