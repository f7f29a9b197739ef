"""Never returns."""
# control: hung
# verdict: failed timeout


def double(x):
    while True:
        pass
