"""Nothing is cheaper."""


# verdict: refused
# control: none
def solve(a):
    return a
