"""Returns the right numbers in another dtype."""

# control: passes
# verdict: failed
# level: process


def double(x):
    return x.double() * 2
