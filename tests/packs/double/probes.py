"""What happens beside the candidate's code."""


def is_same_object(solution, x):
    """Whether double returns its input itself."""
    return solution.double(x) is x
