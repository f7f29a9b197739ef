"""Never returns."""
# control: hangs
# verdict: failed timeout
# level: process


def double(x):
    while True:
        pass
