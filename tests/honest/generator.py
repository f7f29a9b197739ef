"""A generator inside."""


# pace: same
def parts(a):
    yield a
    yield a


def solve(a):
    left, right = parts(a)
    return left @ right
