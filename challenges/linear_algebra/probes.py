"""What has to happen beside the candidate's code."""

from ptassess.probing import call_keeping_inputs, call_with_layout, peak_bytes

__all__ = ["call_keeping_inputs", "call_with_layout", "distances_peak", "raises_on"]


def distances_peak(solution, x, y):
    """Bytes that pairwise_distances holds at most, its result included."""
    return peak_bytes(solution.pairwise_distances, x, y)


def raises_on(solution, name, *args):
    """Names of the classes of what a function raises, most special first; empty if it returns."""
    try:
        getattr(solution, name)(*args)
    except NotImplementedError:
        raise
    except Exception as error:  # noqa: BLE001  which one it is, is the question
        return [cls.__name__ for cls in type(error).__mro__]
    return []
