"""Makes files as fast as it can (5000 at most) in folders of its own, and leaves them."""

# control: hangs
# verdict: failed timeout
# level: process
import os
import tempfile


def double(x):
    for number in range(5000):
        with open(os.path.join(tempfile.gettempdir(), f"{number}"), "w") as file:
            file.write("spam")
    while True:
        pass
