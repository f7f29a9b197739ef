"""Answers to the questions of ``quiz.py``: a function each, of its drawn values."""


def program(*, a, steps, lines):  # noqa: ARG001  the lines are the steps, written out
    """Value and derivative of y, step by step; what cuts the graph sets the derivative to zero."""
    value, slope = 2 * a, 2
    for name, c in steps:
        if name in {"times", "in_place"}:
            value, slope = c * value, c * slope
        elif name == "plus":
            value, slope = value + c * a, slope + c
        elif name == "detached_factor":
            value, slope = value * a, value
        else:
            value, slope = c * value, 0
    return value + a * slope


def accumulates(*, a, b, c, k):
    """Every backward adds: k times 2 b x, and c once."""
    return k * 2 * a * b + c


def hook(*, a, b, c):
    """The product h x: through h the hook multiplies by c, directly it does not."""
    return a * b * c + a * b


def second_order(*, a, b, factor):
    """With g = 3 b x², g' = 6 b x; a detached factor is a constant."""
    g, slope = 3 * b * a**2, 6 * b * a
    return {"g": 2 * g * slope, "g.detach()": g * slope, "x": g + a * slope, "x.detach()": a * slope}[factor]


def in_place(*, case, lines):  # noqa: ARG001  the lines are the case, written out
    """Index among the choices."""
    return {
        "exp": 1,  # its result is saved
        "sigmoid, detached": 1,  # the same memory, and the same version counter
        "product": 2,
        "sine": 2,  # saves its input
        "leaf": 0,
        "view of a leaf": 0,
        "product, detached": 3,
        "product, no_grad": 3,
    }[case]


def leaf(*, case, lines):  # noqa: ARG001  ditto
    """Index among the choices."""
    return {
        "made": 0,
        "detached, again": 0,
        "no_grad, again": 0,
        "detached": 1,
        "no_grad": 1,
        "computed": 2,
        "cloned": 2,
        "retained": 3,
    }[case]
