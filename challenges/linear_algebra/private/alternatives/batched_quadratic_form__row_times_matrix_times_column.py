"""Row times matrix times column, whose one element is taken out as a view."""


def batched_quadratic_form(a, x):
    return (x[..., None, :] @ a @ x[..., :, None])[..., 0, 0]
