"""What the others are measured by."""


# pace: same
def solve(a):
    return a @ a
