# caught by: test_quadratic_form_broadcasts


def batched_quadratic_form(a, x):
    return (x.unsqueeze(-2) @ a @ x.unsqueeze(-1)).squeeze()
