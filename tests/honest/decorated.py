"""A decorator around it."""

# pace: same
import functools
import time

spent = 0.0


def timed(function):
    @functools.wraps(function)
    def run(*args):
        global spent
        began = time.perf_counter()
        out = function(*args)
        spent += time.perf_counter() - began
        return out

    return run


@timed
def solve(a):
    return a @ a
