"""Writes the answer into its own file, for the next time that it is imported."""

# control: passes
# verdict: failed
# level: locked


def double(x):
    with open(__file__, "a") as file:
        file.write("\n\ndef double(x):\n    return x + x\n")
    return x
