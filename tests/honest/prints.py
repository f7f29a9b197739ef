"""Prints in each call."""


# pace: any
def solve(a):
    print("solving", tuple(a.shape))
    return a @ a
