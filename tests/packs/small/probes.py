"""What happens beside the solution."""

_loaded = {}


# [footprint]
def make(solution, artefact, weights):
    """Have the model written; what is returned counts for nothing."""
    solution.quantise(weights, artefact)


def answer(solution, artefact, x):
    """Load once, answer often."""
    if artefact not in _loaded:
        _loaded[artefact] = solution.load(artefact)
    return solution.forward(_loaded[artefact], x)


# [/footprint]
