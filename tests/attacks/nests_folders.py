"""Makes more folders in each other than Python's own remover can walk."""

# control: leaves its folder
# verdict: passed
import os


def double(x):
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    return x + x
