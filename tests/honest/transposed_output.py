"""A result whose memory is transposed."""


# pace: any
def solve(a):
    return (a.mT @ a.mT).mT
