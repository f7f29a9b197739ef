"""Answers: a function for each question, of its drawn values."""


# [quiz]
def parameters(*, n, m):
    """A weight for each pair, a bias for each output."""
    return n * m + m


# [/quiz]
