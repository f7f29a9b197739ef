"""Adds up squared differences feature by feature, in place."""


def pairwise_distances(x, y):
    squares = x.new_zeros(*x.shape[:-1], y.shape[-2])
    for of_x, of_y in zip(x.unbind(-1), y.unbind(-1), strict=True):
        squares += (of_x.unsqueeze(-1) - of_y.unsqueeze(-2)).square_()
    return squares.sqrt_()
