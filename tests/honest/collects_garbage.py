"""Calls the garbage collector now and then."""

# pace: any
import gc

calls = 0


def solve(a):
    global calls
    calls += 1
    if calls % 50 == 0:
        gc.collect()
    return a @ a
