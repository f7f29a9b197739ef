"""Opens a file in the home folder of whoever runs the judge."""

# control: passes
# verdict: failed raised
# level: locked
# needs: a home folder that can be written to


def double(x):
    with open(WHERE["home"]) as file:
        return x * float(file.read().split()[-1])
